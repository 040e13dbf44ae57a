"""Trips every guard on this machine, in a workspace that is made for it and thrown away."""
