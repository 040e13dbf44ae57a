"""Keeps what is nobody's business out of what the engine writes down."""
