"""Later: what the engine writes down for people and programs to read."""
