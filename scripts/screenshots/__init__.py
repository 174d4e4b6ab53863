"""Pictures of the pages; see `__main__`."""
