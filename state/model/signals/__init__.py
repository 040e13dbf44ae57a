"""Nouns of what comes to the engine's notice from outside."""
