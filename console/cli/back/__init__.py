"""Verbs that take something back."""
