"""The verbs on the record."""
