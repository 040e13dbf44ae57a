"""What can be taken back, said before it is done."""
