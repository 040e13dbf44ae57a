"""Stands a build still with all that it started, so that the build cannot undo it."""

import contextlib
import os
import signal
import time

from engine.safety import groups, record
from engine.safety.tree import Tree
from state.files import BuildPaths

PATIENCE_S = 5.0
"""How long a build is tried to be stopped before it counts as one that cannot be."""

_STOPPED = "Tt"


def freeze(paths: BuildPaths) -> bool:
    """Stop every process of a build; return whether all of them stand still. May be called again at any time.

    The kernel does it at once where the build has a control group of version 2, which no process inside its sandbox can
    reach. Else each process is sent SIGSTOP, again until two looks in a row find none that runs: whoever could wake
    the others is stopped by then as well. What is frozen can still be killed, and need not be let go for that.
    """
    with Tree(paths, record.read(paths)) as tree:
        whole = groups.freeze(tree.groups, PATIENCE_S)
        if whole and tree.record is not None and tree.record.sandboxed:
            return True
        # Without a sandbox a process may have got out of its group.
        return _stop(tree)


def thaw(paths: BuildPaths) -> None:
    """Let all processes of a build go on; one that was not frozen is no error."""
    with Tree(paths, record.read(paths)) as tree:
        # First the group: until then a process that was stopped as well would not hear that it may go on.
        groups.thaw(tree.groups)
        for pid, found in tree.living().items():
            if found.state in _STOPPED:
                _signal(pid, signal.SIGCONT)


def frozen(paths: BuildPaths) -> bool:
    """Whether a build stands still, as far as its outermost process tells."""
    known = record.read(paths)
    if known is None:
        return False
    if groups.frozen(known.groups):
        return True
    with Tree(paths, known) as tree:
        found = tree.living().get(known.process.pid)
        return found is not None and found.state in _STOPPED


def _stop(tree: Tree) -> bool:
    end = time.monotonic() + PATIENCE_S
    quiet = 0
    while quiet < 2:
        # Whoever left the group that is frozen may still be in those of other hierarchies.
        still = groups.members(tuple(group for group in tree.groups if groups.frozen((group,))))
        running = [pid for pid, found in tree.living().items() if found.state not in _STOPPED and pid not in still]
        for pid in running:
            _signal(pid, signal.SIGSTOP)
        quiet = 0 if running else quiet + 1
        if running and time.monotonic() >= end:
            return False
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
