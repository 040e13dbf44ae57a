"""Routines that the record tells of: what is wanted again and again, and when."""
