"""The builds under way, each from an empty folder to its outcome."""
