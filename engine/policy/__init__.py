"""Whether: pure rules from facts to findings."""
