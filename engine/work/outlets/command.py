"""The record's head as a line on the standard input of a program of the operator's."""

import os
import shlex

from engine.work import programs
from engine.work.programs import ProgramFailed
from state.files import Workspace
from state.keeping.heads import Head

_LIMIT_S = 60.0
_KEEP = 1 << 16
_WORDS = 300


async def tell(words: str, workspace: Workspace, head: Head) -> None:
    """Run a command line, with no shell around it, in the workspace. Raises ProgramFailed when it fails or lasts."""
    argv, line = shlex.split(words), f"{head.line}\n".encode()
    env = dict(os.environ)
    done = await programs.run(argv, cwd=workspace.root, env=env, stdin=line, keep_bytes=_KEEP, timeout_s=_LIMIT_S)
    if done.code != 0:
        said = done.err.decode("utf-8", "replace").strip().splitlines()
        raise ProgramFailed(f"`{words}` ended with {done.code}{': ' + said[-1][:_WORDS] if said else ''}")
