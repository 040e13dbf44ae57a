"""What the operator takes back from within the console."""
