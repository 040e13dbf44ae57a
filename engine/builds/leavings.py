"""What a build came to, read once its processes are gone."""

from typing import NamedTuple

import msgspec

from engine.reversal.reported import reported
from engine.work import process, workspace
from state.files import BuildPaths
from state.model.brakes.reversal import Deed
from state.model.build import Build
from state.model.progress import Progress


class Leavings(NamedTuple):
    """Read in one go, so that all that follows from it can be written down with one sync."""

    code: int | None
    """The command's exit code; None when nobody got to write it."""
    did: tuple[Deed, ...]
    """What it said that it did outside."""
    files: tuple[str, ...] | None
    """What a build without a repository left that ended well; None of any other."""


def read(paths: BuildPaths, *, repo: bool) -> Leavings:
    """Look at the disk; raises OSError."""
    code = process.exit_code(paths)
    files = workspace.deliverables(paths) if code == 0 and not repo else None
    return Leavings(code, reported(paths), files)


def counted(build: Build, progress: Progress) -> Build:
    """Return a build with the last figures that were seen of it."""
    return msgspec.structs.replace(
        build,
        percent=progress.percent,
        step=progress.step,
        cpu_s=progress.cpu_s,
        output_bytes=progress.output_bytes,
        # One that was over at once was never looked at.
        memory_bytes=progress.memory_most_bytes or None,
        calls=progress.calls,
        spent=progress.spent,
        tokens=progress.tokens,
    )
