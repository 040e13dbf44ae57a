"""Nouns about time: when something may start, and what kind of time it is."""
