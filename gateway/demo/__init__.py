"""The demo: a small honest world written by us in real formats, and the story told with it on real parts."""
