"""Nouns of what stops a build, or takes it back."""
