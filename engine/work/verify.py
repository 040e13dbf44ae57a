"""Runs a task's verify command in a fresh sandbox, on a copy of what the build made."""

import asyncio
import os
import shutil
import stat
from collections.abc import Callable

import msgspec

from engine.safety.kill import kill_build
from engine.work import process, workspace
from engine.work.output import last_words
from engine.work.sandbox import Confinement, Machine
from state.files import BuildPaths
from state.model.record import Noun


class Report(Noun, frozen=True, kw_only=True):
    """Whether it passed, and in which words."""

    passed: bool
    text: str


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
    await process.ended(identity, paths)
    code = process.exit_code(paths)
    if code == 0:
        return Report(passed=True, text=f"`{command}` passed")
    if code is None:
        return Report(passed=False, text=f"`{command}` did not end by itself")
    return Report(passed=False, text=f"`{command}` ended with exit code {code}: {last_words(paths)}")


def _copy(made: BuildPaths, paths: BuildPaths) -> None:
    """Copy the files; links are copied as links, and what is neither file, folder nor link is left out."""
    shutil.copytree(made.work, paths.work, symlinks=True, ignore=_special)


def _special(folder: str, names: list[str]) -> list[str]:
    kinds = {name: os.lstat(os.path.join(folder, name)).st_mode for name in names}
    return [
        name for name, mode in kinds.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))
    ]
