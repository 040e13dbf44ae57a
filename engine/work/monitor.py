"""Watches one running build for progress and signs of life."""

import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import msgspec
from watchfiles import Change, watch

from engine.clock import Clock
from engine.safety.processes import Identity
from engine.work.counts import census, memory
from engine.work.output import OutputLog
from engine.work.process import cpu_seconds
from engine.work.progress import ProgressReader, commits_from_reflog, criteria_ticked, overall
from state.files import BuildPaths
from state.model.build import Limits
from state.model.progress import Progress

STEP_MS = 200
"""How long changes gather before they are looked at."""
_DISK_EVERY_S = 2.0
"""The shortest time between two looks at how much disk a build takes."""
_DISK_ANYWAY_S = 30.0
"""The longest: what is written through a mapping is told to nobody."""
_CPU_LIFE_S = 0.01
"""So much CPU time since the last sign of life is one."""
_GROWTH_BYTES = 16 << 20
"""So much more memory is worth telling although nothing else happens."""
_GROWTH_CPU_S = 1.0
"""So much more processor time, too."""
_SMALL_FILE = 256 * 1024


class Monitor:
    """A thread for one running build. It reads only the build's own files; what it finds goes to `tell`."""

    def __init__(
        self,
        build: str,
        paths: BuildPaths,
        limits: Limits,
        criteria: tuple[str, ...],
        identity: Identity,
        clock: Clock,
        tell: Callable[[Progress], None],
        *,
        empty_before: bool = False,
    ) -> None:
        """`empty_before` says that its workspace held nothing before it began: all that is there is its own."""
        self.progress = Progress(build=build, life_at=clock.now())
        self._paths = paths
        self._criteria = criteria
        self._identity = identity
        self._clock = clock
        self._tell = tell
        self._empty_before = empty_before
        self._log = OutputLog(paths, limits.output_bytes)
        self._lines = ProgressReader()
        self._added: set[str] = set()
        self._changed: set[str] = set()
        self._life = clock.monotonic()
        self._life_cpu_s = 0.0
        self._disk_at = 0.0
        self._disk_stale = True
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._reading = threading.Lock()

    def start(self) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, name=f"monitor {self.progress.build}", daemon=True)
        self._thread.start()

    def finish(self) -> Progress:
        """Stop watching, read what is left and return the last figures. The build must have ended."""
        self._stop.set()
        with self._reading:
            self._read_output()
            self._read_notes()
        return self.progress

    def stop(self) -> None:
        """Stop watching; once it returns, nothing more is told."""
        self._stop.set()
        with self._reading:
            pass

    def look(self) -> Progress:
        """Bring all figures up to this moment and return them."""
        with self._reading:
            self._disk_at = -_DISK_ANYWAY_S
            self._look(set())
        return self.progress

    def sign_of_life(self) -> None:
        """Count the time without one from now on, as for a build that could not show any before."""
        with self._reading:
            self._life = self._clock.monotonic()

    def quiet_s(self) -> float:
        """Seconds since the last sign of life: output, a changed file or CPU time."""
        with self._reading:
            spent = cpu_seconds(self._identity)
            self.progress = msgspec.structs.replace(self.progress, cpu_s=max(spent, self.progress.cpu_s))
            if spent > self._life_cpu_s + _CPU_LIFE_S:
                self._alive()
        return self._clock.monotonic() - self._life

    def _run(self) -> None:
        with self._reading:
            self._look(set())
        changes = watch(
            self._paths.root,
            watch_filter=None,
            debounce=STEP_MS * 2,
            step=STEP_MS,
            rust_timeout=int(_DISK_EVERY_S * 1000),
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for batch in changes:
            with self._reading:
                if self._stop.is_set():
                    return
                if batch or self._disk_due() or self._grew():
                    self._look(batch)

    def _grew(self) -> bool:
        """Whether its processes noticeably hold more memory or have worked more than was told: no file shows that."""
        if memory.held_bytes(self._identity) > self.progress.memory_bytes + _GROWTH_BYTES:
            return True
        return cpu_seconds(self._identity) > self.progress.cpu_s + _GROWTH_CPU_S

    def _look(self, batch: set[tuple[Change, str]]) -> None:
        before = self.progress
        self._read_output()
        self._read_notes()
        self._count(batch)
        spent = cpu_seconds(self._identity)
        held = memory.held_bytes(self._identity)
        self.progress = msgspec.structs.replace(
            self.progress, cpu_s=max(spent, self.progress.cpu_s), memory_bytes=held or self.progress.memory_bytes
        )
        self._disk_stale = self._disk_stale or bool(batch)
        if self._disk_due():
            self._measure_disk()
        if batch or self.progress.output_bytes != before.output_bytes:
            self._alive()
        if self.progress != before:
            self._tell(self.progress)

    def _alive(self) -> None:
        self._life = self._clock.monotonic()
        self._life_cpu_s = self.progress.cpu_s
        self.progress = msgspec.structs.replace(self.progress, life_at=self._clock.now())

    def _read_output(self) -> None:
        self._lines.feed(self._log.take())
        self.progress = msgspec.structs.replace(
            self.progress,
            output_bytes=self._log.total_bytes,
            cut_bytes=self._log.cut_bytes,
            step=self._lines.step or self.progress.step,
            calls=self._lines.used.calls,
            spent=self._lines.used.spent,
            tokens=self._lines.used.tokens,
        )

    def _read_notes(self) -> None:
        ticked = self.progress.criteria
        note = _small_text(self._paths.work / "PROGRESS.md")
        if note is not None and self._criteria:
            ticked = criteria_ticked(note.decode(errors="replace"), self._criteria)
        commits = self.progress.commits
        reflog = _small_text(self._paths.work / ".git" / "logs" / "HEAD")
        if reflog is not None:
            commits = commits_from_reflog(reflog)
        percent = overall(self._lines.percent, ticked)
        self.progress = msgspec.structs.replace(self.progress, percent=percent, criteria=ticked, commits=commits)

    def _count(self, batch: set[tuple[Change, str]]) -> None:
        prefix = f"{self._paths.work}/"
        for change, path in batch:
            inside = path.removeprefix(prefix)
            if inside == path or census.kept_by_git(inside):
                continue
            if os.path.isdir(path) and not os.path.islink(path):
                # What was put into a folder before it was watched is told to nobody.
                if change is Change.added:
                    found = {file.removeprefix(prefix) for file in islice(_files(path), census.MOST_FILES)}
                    self._added |= found - self._changed
                    self._changed |= found
                continue
            if change is Change.added and inside not in self._changed:
                self._added.add(inside)
            if change is Change.deleted and inside in self._added:
                self._changed.discard(inside)
            else:
                self._changed.add(inside)
        self.progress = msgspec.structs.replace(self.progress, files_changed=len(self._changed))

    def _disk_due(self) -> bool:
        """Whether to measure now: a change that came too soon after the last measuring is not forgotten."""
        age_s = time.monotonic() - self._disk_at
        return age_s >= (_DISK_EVERY_S if self._disk_stale else _DISK_ANYWAY_S)

    def _measure_disk(self) -> None:
        self._disk_at = time.monotonic()
        self._disk_stale = False
        found = census.take(self._paths.work)
        if self._empty_before:
            # What was made before it was watched was told to nobody.
            self._added |= found.files
            self._changed |= found.files
        self.progress = msgspec.structs.replace(
            self.progress, disk_bytes=found.disk_bytes, files_changed=len(self._changed)
        )


def _files(root: str) -> Iterator[str]:
    """Yield the path of every file below a folder; links are not followed."""
    for folder, _, names in os.walk(root):
        for name in names:
            yield os.path.join(folder, name)


def _small_text(path: Path) -> bytes | None:
    """Return a small regular file's bytes without following a link; None when there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return os.read(descriptor, _SMALL_FILE)
    finally:
        os.close(descriptor)
