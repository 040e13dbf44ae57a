"""All the processes of one build, found whether or not its supervisor got round to saying who they are."""

import os
from types import TracebackType

from engine.safety import groups, processes, status
from engine.safety.processes import Stat
from engine.safety.record import ProcessRecord
from state.files import BuildPaths

_LOOKS = 50


class Tree:
    """Handles on a build's processes; a context manager, since each handle is an open pidfd."""

    def __init__(self, paths: BuildPaths, record: ProcessRecord | None) -> None:
        self.paths = paths
        self.record = record
        self.groups = record.groups if record else ()
        self.outer: int | None = None
        """The pidfd of the outermost process, which is where a spawn begins."""
        self.init: int | None = None
        """The pidfd of the namespace's init: nothing in the sandbox outlives it."""
        self.supervisors: set[int] = set()
        """Pids of the processes that are ours and not the command's."""
        self._pidfds: list[int] = []
        self._find()

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of every handle."""
        while self._pidfds:
            os.close(self._pidfds.pop())

    @property
    def pidfds(self) -> list[int]:
        """Every handle."""
        return list(self._pidfds)

    def _find(self) -> None:
        if self.record is None:
            self.groups = tuple({group for pid in self.living() for group in groups.of(pid)})
            return
        self.outer = self._keep(processes.open_pidfd(self.record.process), self.record.process.pid)
        child = status.child_pid(self.paths)
        if child is None or not self.record.sandboxed:
            return
        try:
            fd = os.pidfd_open(child)
        except ProcessLookupError:
            return
        found = processes.stat(child)
        # The status file gives no start time: its pid counts only while that process is provably of this spawn.
        if found is None or not self._ours(found):
            os.close(fd)
            return
        self.init = self._keep(fd, child)
        between = processes.stat(found.parent)
        if between is not None and between.pid != self.record.process.pid and self._ours(between):
            monitor = processes.Identity(pid=between.pid, start_ticks=between.start_ticks, boot=processes.boot_id())
            self._keep(processes.open_pidfd(monitor), between.pid)

    def _keep(self, fd: int | None, pid: int) -> int | None:
        if fd is not None:
            self._pidfds.append(fd)
            self.supervisors.add(pid)
        return fd

    def _ours(self, found: Stat) -> bool:
        assert self.record is not None
        if processes.carries(found.pid, processes.token_entry(self.record.token)):
            return True
        # Its environment may be unreadable for us; where it comes from is not.
        above = processes.stat(found.parent)
        outer = self.record.process
        lineage = {found.parent, above.parent if above else 0}
        return outer.pid in lineage and found.start_ticks >= outer.start_ticks and processes.alive(outer)

    def living(self) -> dict[int, Stat]:
        """Return every process of the build that still runs, by a look at all processes of the machine.

        What belongs to it: its marked processes, its session, its control groups, and all that descend from those.
        """
        everyone, marked = self._look()
        stats = {pid: s for pid, s in everyone.items() if not s.dead}
        ours = (marked | groups.members(self.groups)) & stats.keys()
        if self.record is not None:
            outer = self.record.process
            leader = everyone.get(outer.pid)
            # A session is named by a pid too, so it counts only while its leader is provably the one of this spawn.
            if leader is not None and leader.start_ticks == outer.start_ticks and outer.boot == processes.boot_id():
                ours |= {s.pid for s in stats.values() if s.session == outer.pid}
        children: dict[int, list[int]] = {}
        for s in stats.values():
            children.setdefault(s.parent, []).append(s.pid)
        grown = list(ours)
        while grown:
            for child in children.get(grown.pop(), ()):
                if child not in ours:
                    ours.add(child)
                    grown.append(child)
        # Whoever kills may itself have been started by the build.
        ours.discard(os.getpid())
        return {pid: stats[pid] for pid in ours}

    def _look(self) -> tuple[dict[int, Stat], set[int]]:
        """Look at every process, and at those which came up meanwhile, until none did; return also who is marked.

        A process that goes on as its own child while the others are looked at would else be missed in both forms.
        """
        everyone: dict[int, Stat] = {}
        marked: set[int] = set()
        seen: set[int] = set()
        entry = processes.build_entry(self.paths.root)
        for _ in range(_LOOKS):
            fresh = set(processes.pids()) - seen
            if not fresh:
                break
            seen |= fresh
            for pid in fresh:
                found = processes.stat(pid)
                if found is None:
                    continue
                everyone[pid] = found
                if processes.carries(pid, entry):
                    marked.add(pid)
        return everyone, marked

    def inside(self) -> list[int]:
        """Return the pids of the command and of what it started, without our own supervisors."""
        return [pid for pid in self.living() if pid not in self.supervisors]
