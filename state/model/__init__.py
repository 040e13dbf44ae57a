"""Frozen nouns that every other part speaks in."""
