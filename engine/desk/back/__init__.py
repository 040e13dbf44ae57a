"""Commands that take something back."""
