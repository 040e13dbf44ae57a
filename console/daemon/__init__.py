"""The engine as a service of the machine."""
