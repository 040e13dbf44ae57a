"""What the law and other people's rules allow."""
