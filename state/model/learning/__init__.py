"""Nouns of what is learnt: problems that were seen, or are seen coming."""
