"""The rehearsal of the kill switch."""
