"""Whole screens and dialogs of the console."""
