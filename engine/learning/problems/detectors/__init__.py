"""What each kind of problem looks like: one pure rule for each."""
