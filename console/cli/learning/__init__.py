"""Verbs about what is learnt from the record."""
