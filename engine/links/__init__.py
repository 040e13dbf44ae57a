"""The ways to the world outside."""
