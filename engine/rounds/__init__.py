"""Schedules at work: what is due is recorded, then run, and what came of it is recorded too."""
