"""What goes on around the builds, and keeps them in line with it."""
