"""The day's page in the operator's `memory` folder, to which entries are added and from which nothing is taken."""

import os
import re
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from state.disk import DISK
from state.files import Workspace
from state.text import one_line

FOLDER = "memory"
WHO = "Autonomous"
"""Whose entries these are, among those of the operator."""
_WIDTH = 300


def page(workspace: Workspace, day: date) -> Path:
    """Return the page of a day."""
    return workspace.root / FOLDER / f"{day.isoformat()}.md"


def heading(local: datetime, title: str) -> str:
    """Return `## [23:15] Autonomous: Overnight Session Started` for a moment by the operator's clock."""
    return f"## [{local:%H:%M}] {WHO}: {one_line(title, _WIDTH)}"


def add(workspace: Workspace, local: datetime, title: str, details: Sequence[str]) -> Path:
    """Add an entry at the end of the page of `local`, a moment by the operator's clock, and return the page.

    One write at the end of whatever is there then, so that what the operator or another program adds meanwhile stays.
    Raises OSError.
    """
    path = page(workspace, local.date())
    path.parent.mkdir(exist_ok=True)
    entry = "\n".join([heading(local, title), "", *(f"- {one_line(line, _WIDTH)}" for line in details)])
    fd = DISK.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        DISK.write_all(fd, f"{_before(fd, local.date())}{entry}\n".encode())
        DISK.fsync(fd)
    finally:
        DISK.close(fd)
    return path


def find(workspace: Workspace, day: date, title: str) -> tuple[str, ...]:
    """Return the times, as `23:15`, of the entries of a title on a day's page; none where there is no such page."""
    try:
        fd = DISK.open(page(workspace, day), os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return ()
    with open(fd, encoding="utf-8", errors="replace") as file:
        text = file.read()
    wanted = rf"^## \[(\d\d:\d\d)\] {re.escape(f'{WHO}: {one_line(title, _WIDTH)}')}\s*$"
    return tuple(re.findall(wanted, text, flags=re.MULTILINE))


def _before(fd: int, day: date) -> str:
    """Return what an entry needs in front of it to stand apart from what is there."""
    size = os.fstat(fd).st_size
    if size == 0:
        return f"# {day.isoformat()}\n\n"
    return "\n" if os.pread(fd, 1, size - 1) == b"\n" else "\n\n"
