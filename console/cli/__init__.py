"""The verbs of the command line, one group a file."""
