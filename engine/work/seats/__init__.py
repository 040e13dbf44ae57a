"""Where builds begin."""
