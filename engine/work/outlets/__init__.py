"""Where the head of the record goes, out of the reach of whoever rewrites the record."""
