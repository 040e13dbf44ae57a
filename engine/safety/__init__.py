"""Stopping it: the kill switch and what must work when the engine does not."""
