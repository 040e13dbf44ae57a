"""The verbs that keep an engine running."""
