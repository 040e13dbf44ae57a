"""The verbs on the world outside."""
