"""Limits on what many builds do together, over time."""
