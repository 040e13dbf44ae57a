"""The face: command line, control socket and terminal console."""
