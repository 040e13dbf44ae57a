"""Telling now: what happens outside the engine and how it hears of it."""
