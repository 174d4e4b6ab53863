"""One small module per document format; each registers itself with `certifier.documents.registry`."""
