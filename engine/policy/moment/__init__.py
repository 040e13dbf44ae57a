"""Rules about the moment, each a small pure module that says whether a task may start now."""
