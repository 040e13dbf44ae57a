"""The console's own colours."""

from textual.theme import Theme

MIDWATCH = Theme(
    name="midwatch",
    primary="#7aa2c8",
    secondary="#5b7c99",
    accent="#d9a441",
    foreground="#d6dbe1",
    background="#10151b",
    surface="#10151b",
    panel="#1a222c",
    success="#7fb77e",
    warning="#e0b04c",
    error="#e0655f",
    dark=True,
)
"""A dark bridge at night: little light, and only what matters is bright."""
