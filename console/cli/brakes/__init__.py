"""Verbs about what stops builds, and about proving that it does."""
