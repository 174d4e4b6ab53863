"""What command line and API share: one module per job, no printing and no parsing of arguments."""
