"""Nouns of what is counted."""
