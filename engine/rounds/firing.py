"""Runs one command line of midwatch's own, in a process of its own, to its end."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from engine.work import programs
from state.model.when.schedule import Ran
from state.text import clean

_WORDS = 400
"""Characters that are kept of what a command printed last."""


class Ending(NamedTuple):
    """How a command ended: `text` is the last line that it printed, or why it could not run."""

    outcome: Ran
    text: str
    code: int | None = None


async def fire(command: Sequence[str], words: str, root: Path, time_limit_s: float) -> Ending:
    """Run a command line in a workspace, behind the words that start midwatch.

    Whatever it prints is read, and only the end of it kept. When this is cancelled the command is dead.
    """
    last = bytearray()

    def keep(chunk: bytes) -> None:
        last.extend(chunk)
        del last[: -4 * _WORDS]

    argv = [*command, "--workspace", str(root), *shlex.split(words)]
    try:
        done = await programs.run(argv, cwd=root, env=dict(os.environ), sink=keep, timeout_s=time_limit_s)
    except programs.ProgramFailed as error:
        return Ending(Ran.FAILED, str(error))
    said = _last_words(bytes(last))
    if done.code == 0:
        return Ending(Ran.DONE, said, 0)
    return Ending(Ran.FAILED, _last_words(done.err) or said, done.code)


def _last_words(data: bytes) -> str:
    """Return the last line that says something, harmless to a terminal."""
    lines = [line.strip() for line in clean(data.decode("utf-8", "replace"), lines=True).splitlines()]
    return next((line[:_WORDS] for line in reversed(lines) if line), "")
