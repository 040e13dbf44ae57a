"""What a running build takes up and changes, counted from outside."""
