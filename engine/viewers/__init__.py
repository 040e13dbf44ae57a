"""What those who look on are told: the whole, then what changes."""
