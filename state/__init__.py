"""What Midwatch remembers: nouns, the journal they are written to, and the operator's folder."""
