"""Runs a task's verify command in a fresh sandbox, on a copy of what the build made."""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable

import msgspec

from engine.clock import SystemClock
from engine.safety.kill import kill_build
from engine.work import process, workspace
from engine.work.monitor import Monitor
from engine.work.output import last_words
from engine.work.process import Identity
from engine.work.sandbox import Confinement, Machine
from state.files import BuildPaths
from state.model.brakes import figure
from state.model.progress import Progress
from state.model.record import Noun

_UNWATCHED_S = 0.25
"""A verification that ends sooner is not worth a watching thread."""


class Report(Noun, frozen=True, kw_only=True):
    """Whether it passed, and in which words."""

    passed: bool
    text: str
    cut_bytes: int = 0
    """Output that was thrown away to stay under the limit."""


async def run(
    paths: BuildPaths,
    made: BuildPaths,
    commit: str,
    confinement: Confinement,
    command: str,
    machine: Machine,
    withdrawn: Callable[[], bool] = lambda: False,
) -> Report | None:
    """Verify `commit` (or, when that is empty, a copy of the files in `made.work`) in `paths`, a fresh folder.

    `confinement` is the build's own; only its workspace and its command are replaced.
    What an engine before this one left running there is killed first. `withdrawn` is asked in the last moment before
    the command would start: when it says yes, nothing starts and there is no report.
    """
    await asyncio.to_thread(kill_build, paths)
    await asyncio.to_thread(workspace.clear, paths)
    # What it prints is the story of this run only.
    paths.output.unlink(missing_ok=True)
    if commit:
        await workspace.checkout(made, commit, paths.work)
    else:
        await asyncio.to_thread(_copy, made, paths)
    # Nobody stands a verification still, so its clock needs no room for that.
    limits = msgspec.structs.replace(confinement.limits, hold_s=0.0)
    sandboxed = msgspec.structs.replace(confinement, work=str(paths.work), command=command, limits=limits)
    if withdrawn():
        return None
    identity = process.spawn(sandboxed, paths, machine)
    watch = _Watch(paths, sandboxed, identity)
    await watch.ended()
    code = process.exit_code(paths)
    if watch.over:
        return Report(passed=False, text=f"`{command}` was ended at a limit: {watch.over}", cut_bytes=watch.cut_bytes)
    if code == 0:
        return Report(passed=True, text=f"`{command}` passed", cut_bytes=watch.cut_bytes)
    if code is None:
        return Report(passed=False, text=f"`{command}` did not end by itself", cut_bytes=watch.cut_bytes)
    text = f"`{command}` ended with exit code {code}: {last_words(paths)}"
    return Report(passed=False, text=text, cut_bytes=watch.cut_bytes)


class _Watch:
    """Holds a verification to the limits that no program around it keeps: it is ended, since nothing of it is kept."""

    def __init__(self, paths: BuildPaths, confinement: Confinement, identity: Identity) -> None:
        self.over = ""
        """The limit that it went over, in words."""
        self.cut_bytes = 0
        self._paths = paths
        self._limits = confinement.limits
        self._identity = identity
        self._monitor = Monitor(
            confinement.build, paths, self._limits, (), identity, SystemClock(), tell=self._heed, empty_before=False
        )

    async def ended(self) -> None:
        """Wait until it is over."""
        try:
            async with asyncio.timeout(_UNWATCHED_S):
                await process.ended(self._identity, self._paths)
        except TimeoutError:
            self._monitor.start()
            try:
                await process.ended(self._identity, self._paths)
            finally:
                await asyncio.to_thread(self._monitor.stop)
        self.cut_bytes = self._monitor.finish().cut_bytes

    def _heed(self, progress: Progress) -> None:
        used = {"memory_bytes": progress.memory_bytes, "disk_bytes": progress.disk_bytes}
        limits = {"memory_bytes": self._limits.memory_bytes, "disk_bytes": self._limits.disk_bytes}
        for name, limit in limits.items():
            if used[name] > limit and not self.over:
                self.over = figure.of(name, used[name], limit)
                kill_build(self._paths)


def _copy(made: BuildPaths, paths: BuildPaths) -> None:
    """Copy the files; links are copied as links, and what is neither file, folder nor link is left out."""
    shutil.copytree(made.work, paths.work, symlinks=True, ignore=_special)


def _special(folder: str, names: list[str]) -> list[str]:
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    return [
        name for name, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    ]
