"""Ends builds with all that they started, from any process, whether or not an engine runs."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from engine.safety import groups, processes, record
from engine.safety.tree import Tree
from state.files import BuildPaths, Workspace
from state.model.record import Noun
from state.records import UNREADABLE

PATIENCE_S = 5.0
"""How long the dead are waited for before the living are reported as survivors."""

_ROUNDS = 10
_MARK = "killed.json"


class KillReport(Noun, frozen=True, kw_only=True):
    """What it took to end one build."""

    build: str
    found: bool
    """Whether anything of it was still running."""
    how: tuple[str, ...]
    """The means that were used, in words."""
    ms: float
    """From the call until the last process was seen dead."""
    survivors: tuple[int, ...]
    """Pids that are still there; empty when the build is dead."""
    processes: int = 0
    """At least so many of it ran: where no control group counts them, not all are seen."""


def kill_build(paths: BuildPaths, grace_s: float = 0.0) -> KillReport:
    """End everything that a build started, and return when it is dead.

    With a grace period its processes get SIGTERM first, and SIGKILL only once `grace_s` is over.
    """
    began = time.monotonic()
    with Tree(paths, record.read(paths)) as tree:
        strike = _Strike(tree, began)
        if grace_s > 0:
            strike.ask(grace_s)
        strike.hit()
        return strike.confirm()


def kill_all(workspace: Workspace) -> tuple[KillReport, ...]:
    """End every build of the workspace; only builds of which something ran are reported."""
    return _end(running(workspace), time.monotonic())


def kill_until_none(workspace: Workspace) -> tuple[KillReport, ...]:
    """End every build, again until none is found; returns one report for each."""
    # First those that files name: to look at every process takes long while all of theirs are alive.
    reports = {report.build: report for report in _end(sorted(_recorded(workspace)), time.monotonic())}
    for _ in range(_ROUNDS):
        fresh = kill_all(workspace)
        for report in fresh:
            reports[report.build] = _together(reports.get(report.build), report)
        if all(report.survivors for report in fresh):
            break
    return tuple(reports.values())


def _end(roots: Sequence[Path], began: float) -> tuple[KillReport, ...]:
    trees: list[Tree] = []
    try:
        for root in roots:
            paths = BuildPaths(root)
            trees.append(Tree(paths, record.read(paths)))
        # All are struck before any is waited for, so that the last build does not wait for the first.
        strikes = [_Strike(tree, began) for tree in trees]
        for strike in strikes:
            strike.hit()
        return tuple(report for strike in strikes if (report := strike.confirm()).found)
    finally:
        for tree in trees:
            tree.close()


def clear(paths: BuildPaths) -> tuple[int, ...]:
    """End what an ended build left behind; returns the pids that are still there."""
    with Tree(paths, record.read(paths)) as tree:
        # Nobody is looked for who would have had to leave the group on purpose: that is for a kill.
        if groups.kill(tree.groups) and groups.drained(tree.groups, PATIENCE_S):
            return ()
        strike = _Strike(tree, time.monotonic())
        strike.hit()
        return tuple(strike.hunt(time.monotonic() + PATIENCE_S))


def killed(paths: BuildPaths) -> KillReport | None:
    """Return the report of the kill that ended a build; None when none did."""
    try:
        return msgspec.json.decode((paths.root / _MARK).read_bytes(), type=KillReport)
    except (FileNotFoundError, NotADirectoryError, *UNREADABLE):
        return None


def forget(paths: BuildPaths) -> None:
    """Remove the report of an earlier kill, before something runs in the same folder again."""
    (paths.root / _MARK).unlink(missing_ok=True)


class _Strike:
    """One attempt to end one tree."""

    def __init__(self, tree: Tree, began: float) -> None:
        self._tree = tree
        self._began = began
        self._how: list[str] = []
        self._by_group = False
        members = groups.members(tree.groups)
        self._found = processes.any_running(tree.pidfds) or bool(members)
        self._most = max(len(members), len(tree.pidfds)) if self._found else 0

    def ask(self, grace_s: float) -> None:
        """Ask all that the build started to end, and give it `grace_s` to do so."""
        tree = self._tree
        for pid in tree.inside():
            self._found = True
            _signal(pid, signal.SIGTERM)
            # A stopped process would hear it only once it is too late.
            _signal(pid, signal.SIGCONT)
        if self._found:
            self._how.append("asked to end")
            processes.wait_all(tree.pidfds, grace_s)

    def hit(self) -> None:
        """Send SIGKILL by the shortest way there is."""
        tree = self._tree
        groups.hurry(tree.groups)
        if tree.init is not None:
            self._how.append("namespace")
            processes.send(tree.init, signal.SIGKILL)
        if groups.members(tree.groups) and groups.kill(tree.groups):
            self._how.append("control group")
            self._by_group = True
        for fd in tree.pidfds if tree.init is not None else ():
            processes.send(fd, signal.SIGKILL)

    def confirm(self) -> KillReport:
        """Wait until all is dead, hunting one by one what no supervisor answers for."""
        tree = self._tree
        end = time.monotonic() + PATIENCE_S
        survivors: Iterable[int] = ()
        if not self._answered_for(end):
            survivors = self.hunt(end)
        ms = (time.monotonic() - self._began) * 1000
        report = KillReport(
            build=tree.paths.root.name,
            found=self._found,
            how=tuple(self._how),
            ms=round(ms, 3),
            survivors=tuple(sorted(survivors)),
            processes=self._most,
        )
        if report.found:
            _leave(tree.paths, report)
        groups.remove(tree.groups, timeout_s=0.2 if report.found else 0.0)
        return report

    def _answered_for(self, end: float) -> bool:
        """Wait for what was struck as a whole; return whether that is provably all there was."""
        tree = self._tree
        if tree.init is None and not self._by_group:
            return False
        if tree.record is None or not tree.record.sandboxed:
            # A process may have got out of its group: only a look at all of them tells, and waiting ends none of them.
            return False
        gone = processes.wait_all(tree.pidfds, PATIENCE_S)
        if self._by_group:
            gone = groups.drained(tree.groups, max(0.0, end - time.monotonic())) and gone
        return gone

    def hunt(self, end: float) -> Iterable[int]:
        """Stop every process of the tree until none is left that could start another, then kill them all."""
        tree = self._tree
        stopped: set[int] = set()
        quiet = 0
        # Nobody twice in a row: a process has no environment to be known by at the moment when it becomes another.
        while quiet < 2:
            living = tree.living()
            if not living:
                quiet += 1
                continue
            quiet = 0
            self._found = True
            self._most = max(self._most, len(living))
            if time.monotonic() >= end:
                return living
            running = living.keys() - stopped
            for pid in running:
                _signal(pid, signal.SIGSTOP)
            stopped |= running
            if running:
                continue
            if "one by one" not in self._how:
                self._how.append("one by one")
            _end_all(living, end)
            # A number that comes up again after this belongs to somebody who was never stopped.
            stopped.clear()
        return ()


def _together(before: KillReport | None, after: KillReport) -> KillReport:
    if before is None:
        return after
    most = max(before.processes, after.processes)
    return msgspec.structs.replace(after, how=(*before.how, *after.how), ms=before.ms + after.ms, processes=most)


def _end_all(pids: Iterable[int], end: float) -> None:
    fds = []
    try:
        for pid in pids:
            try:
                fds.append(os.pidfd_open(pid))
            except ProcessLookupError:
                continue
        for fd in fds:
            processes.send(fd, signal.SIGKILL)
        processes.wait_all(fds, max(0.0, end - time.monotonic()))
    finally:
        for fd in fds:
            os.close(fd)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def running(workspace: Workspace) -> list[Path]:
    """Return the folders of the builds that run: those whose mark a process carries, those whose record says so."""
    prefix = processes.build_entry(workspace.builds) + b"/"
    marked = {
        Path(os.fsdecode(entry[len(processes.BUILD_VARIABLE) + 1 :]))
        for pid in processes.pids()
        for entry in processes.environ(pid)
        if entry.startswith(prefix)
    }
    return sorted(marked | _recorded(workspace))


def _recorded(workspace: Workspace) -> set[Path]:
    """Return the folders of the builds that run as their records say."""
    found = set()
    builds = Path(os.path.realpath(workspace.builds))
    for file in (*builds.glob("*/process.json"), *builds.glob("*/*/process.json")):
        paths = BuildPaths(file.parent)
        known = record.read(paths)
        if known is not None and (processes.alive(known.process) or groups.members(known.groups)):
            found.add(file.parent)
    return found


def _leave(paths: BuildPaths, report: KillReport) -> None:
    """Leave the report beside the build, for an engine that was not asked."""
    try:
        record.replace(paths.root / _MARK, msgspec.json.encode(report) + b"\n")
    except OSError:
        # A full disk or a folder that is gone must not turn a kill that worked into one that failed.
        return
