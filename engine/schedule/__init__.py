"""When: what starts next, decided without a clock or a disk."""
