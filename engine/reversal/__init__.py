"""The way back: what was done is undone, and what was there is restored."""
