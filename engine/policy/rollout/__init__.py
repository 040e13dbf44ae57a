"""Other rules for some of the tasks, and whether they do worse."""
