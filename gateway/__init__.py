"""Command line and service functions: the only part with a database."""
