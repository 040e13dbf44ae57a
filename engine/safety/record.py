"""The file beside a build that says whom to kill, readable by anyone without the engine."""

import os
from pathlib import Path

import msgspec

from engine.safety.processes import Identity
from state.files import HIDDEN, BuildPaths
from state.model.record import Noun
from state.records import UNREADABLE


class ProcessRecord(Noun, frozen=True, kw_only=True):
    """What is running for a build: its outermost process and how its tree is held together."""

    build: str
    token: str
    process: Identity
    sandboxed: bool
    groups: tuple[str, ...] = ()
    """Directories of the control groups that hold its tree."""
    time_s: float
    """Its limit of wall-clock time."""


def write(paths: BuildPaths, record: ProcessRecord) -> None:
    """Put the record beside the build."""
    replace(paths.process, msgspec.json.encode(record) + b"\n")


def replace(path: Path, data: bytes) -> None:
    """Put a file in place, all of it or nothing, without a sync: what it tells does not outlive a power cut either."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)
    os.replace(beside, path)


def read(paths: BuildPaths) -> ProcessRecord | None:
    """Return the record; None when there is none or it cannot be understood (the tree is then found by its mark)."""
    try:
        return msgspec.json.decode(paths.process.read_bytes(), type=ProcessRecord)
    except (FileNotFoundError, NotADirectoryError, *UNREADABLE):
        return None


def stop_path(paths: BuildPaths) -> Path | None:
    """Return the STOP file that a build's workspace would have; None outside a workspace."""
    for parent in paths.root.absolute().parents:
        if parent.name == HIDDEN:
            return parent / "STOP"
    return None
