"""Rules of the gate, each a small pure module that answers one question about a task."""
