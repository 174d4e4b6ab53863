"""The home's database: models and session. All SQL of the gateway goes through here."""
