"""The command `assetcert`: arguments in, tables or one JSON document out, every error one line."""
