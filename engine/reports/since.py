"""Reads the journal backwards to a moment."""

from datetime import datetime, timedelta
from pathlib import Path

from state import journal
from state.journal import Decision

_SLACK = timedelta(minutes=5)
"""A clock that was set back leaves older times behind newer ones: so far it is read on."""


def decisions_since(folder: Path, start: datetime) -> list[Decision]:
    """Return the decisions from a moment on, the first first; raises OSError."""
    found = []
    for decision in journal.read(folder, newest_first=True):
        if decision.seq and decision.at < start - _SLACK:
            break
        if decision.at >= start:
            found.append(decision)
    return found[::-1]
