"""The verbs about time."""
