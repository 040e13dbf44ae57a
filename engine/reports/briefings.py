"""What research at night has found, as far as the operator needs to see to want to read it."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from state.files import Workspace
from state.model.build import Build
from state.model.links.goal import BRIEFING, RESEARCH
from state.model.record import Noun
from state.model.view import View
from state.text import one_line

_LINES = 3
_WIDTH = 200
_MOST_BYTES = 64 << 10


class Briefing(Noun, frozen=True, kw_only=True):
    """A page that a build wrote about a goal."""

    label: str
    title: str
    path: str
    lines: tuple[str, ...]
    """Its first ones that say something."""


def found(workspace: Workspace, view: View, builds: Iterable[Build]) -> tuple[Briefing, ...]:
    """Return the briefings that these builds have made; one that cannot be read has no lines. Blocks on files."""
    pages = []
    for build in builds:
        task = view.tasks.get(build.label)
        if task is not None and task.spec.source == RESEARCH:
            path = workspace.build(build.id).work / BRIEFING
            pages.append(Briefing(label=build.label, title=task.spec.title, path=str(path), lines=_first_lines(path)))
    return tuple(pages)


def _first_lines(path: Path) -> tuple[str, ...]:
    """A build wrote it, so it may be anything: a link, a pipe, endless."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return ()
    try:
        data = os.read(descriptor, _MOST_BYTES) if stat.S_ISREG(os.fstat(descriptor).st_mode) else b""
    except OSError:
        return ()
    finally:
        os.close(descriptor)
    lines = (one_line(line, _WIDTH) for line in data.decode("utf-8", "replace").splitlines())
    return tuple(line for line in lines if line)[:_LINES]
