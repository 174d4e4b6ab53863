"""Papers, one module per format: facts in, the bytes of a document out. No module here knows the plot."""
