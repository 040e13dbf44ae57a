"""Restore points: what is taken in, how it is kept, how it comes back."""
