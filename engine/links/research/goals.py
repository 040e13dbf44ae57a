"""The goals that stand in GOALS.md, which is read and never written."""

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

from engine.links.trouble import NotConfigured
from state.errors import MidwatchError
from state.model.record import digest_of
from state.text import one_line

FILE = "GOALS.md"
_MOST_BYTES = 256 << 10
_WIDTH = 300
_BOX = re.compile(r"\s*[-*+]\s+\[( |x|X)\]\s+(.+)")
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"\s{0,3}(```|~~~)")


class GoalsUnreadable(MidwatchError):
    """GOALS.md is there and cannot be read; its text says why."""


class Goal(NamedTuple):
    """One goal: what is to be reached."""

    key: str
    """A digest of its words: changed words are another goal."""
    text: str
    line: int


def load(root: Path) -> tuple[Goal, ...]:
    """Return the goals of a workspace. Raises NotConfigured where there are none, and GoalsUnreadable."""
    path = root / FILE
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotConfigured(f"there is no {path}: write what you want to reach as lines `- [ ] ...`") from None
    except OSError as error:
        raise GoalsUnreadable(f"{path} cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise GoalsUnreadable(f"{path} is no plain file")
        data = os.read(descriptor, _MOST_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(data) > _MOST_BYTES:
        raise GoalsUnreadable(f"{path} is larger than {_MOST_BYTES >> 10} KB: keep only goals in it")
    found = read(data.decode("utf-8", "replace"))
    if not found:
        raise NotConfigured(f"{path} holds no goal that is open: write them as lines `- [ ] ...` or headings `## ...`")
    return found


def read(text: str) -> tuple[Goal, ...]:
    """Return the open goals of a text in its order, each once.

    A goal is an item `- [ ] ...`, or a heading of the second level or below that has no items of its own under it; one
    that is ticked off is reached.
    """
    found: dict[str, Goal] = {}
    heading: Goal | None = None
    fenced = ""
    for number, line in enumerate(text.splitlines(), 1):
        fence = _FENCE.match(line)
        if fence:
            fenced = "" if fenced == fence[1] else fenced or fence[1]
        elif fenced:
            continue
        elif box := _BOX.match(line):
            heading = None
            if box[1] == " ":
                _add(found, _goal(box[2], number))
        elif title := _HEADING.match(line):
            _add(found, heading)
            heading = _goal(title[2], number) if len(title[1]) > 1 else None
    _add(found, heading)
    return tuple(found.values())


def _goal(words: str, line: int) -> Goal | None:
    text = one_line(words, _WIDTH)
    return Goal(digest_of(text.casefold())[:16], text, line) if text else None


def _add(found: dict[str, Goal], goal: Goal | None) -> None:
    if goal is not None:
        found.setdefault(goal.key, goal)
