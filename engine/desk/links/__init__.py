"""Commands on what came from the world outside."""
