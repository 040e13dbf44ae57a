"""The figures of the looks of the last weeks, kept beside the record."""

from datetime import timedelta
from pathlib import Path

import msgspec

from engine.learning.problems.facts import Sample
from state.files import Workspace, atomic_write
from state.records import UNREADABLE

MOST = 240
"""So many looks are kept: 60 days of one every six hours."""
_APART = timedelta(hours=1)
"""Looks that lie closer together than this make way for others, but for the latest."""
_LATEST = 8

_read = msgspec.json.Decoder(tuple[Sample, ...])


def path(workspace: Workspace) -> Path:
    """Return where they are kept."""
    return workspace.hidden / "looks.json"


def load(workspace: Workspace) -> tuple[Sample, ...]:
    """Return the samples, the oldest first; none where there are none or they cannot be read."""
    try:
        return _read.decode(path(workspace).read_bytes())
    except (FileNotFoundError, *UNREADABLE):
        return ()


def add(samples: tuple[Sample, ...], sample: Sample) -> tuple[Sample, ...]:
    """Return the samples with one more, thinned so that many looks in a short time do not push out older ones."""
    recent = samples[-_LATEST:]
    kept: list[Sample] = []
    for one in samples[:-_LATEST]:
        if not kept or one.at - kept[-1].at >= _APART:
            kept.append(one)
    return (*kept, *recent, sample)[-MOST:]


def keep(workspace: Workspace, samples: tuple[Sample, ...]) -> None:
    """Write them down; raises OSError."""
    atomic_write(path(workspace), msgspec.json.encode(samples), mode=0o600)
