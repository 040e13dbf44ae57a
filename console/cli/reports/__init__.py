"""The verbs that report."""
