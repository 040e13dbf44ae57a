"""Doing it: workspaces, sandboxes, processes, verification and delivery of builds."""
