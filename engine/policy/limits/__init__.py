"""What a build may use up, in figures."""
