"""Where the work itself goes wrong more often than it need, by the record."""
