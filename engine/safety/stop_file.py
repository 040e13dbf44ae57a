"""The file named STOP: while it is there, nothing runs."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from engine.clock import Clock
from engine.safety.kill import KillReport
from state.files import Workspace
from state.model.brakes.kill_use import KillUse, Means
from state.model.record import Noun
from state.records import UNREADABLE

BY_FILE = "file"
"""Who engaged it when the file says nothing: somebody who could make a file."""

_READ_BYTES = 1 << 20


class StopLine(Noun, frozen=True, kw_only=True):
    """One line of the STOP file: who engaged it, or what died of it."""

    at: datetime
    by: str = ""
    why: str = ""
    means: Means = Means.LIBRARY
    """How whoever engaged it reached it."""
    use: str = ""
    """Which use of the switch the line is about; without one, the latest before it."""
    killed: tuple[KillReport, ...] = ()
    ms: float | None = None
    """How long it took until all were dead; None in a line that only engages it."""


class Stop(Noun, frozen=True, kw_only=True):
    """All that the STOP file tells, so that an engine which was dead or hung can put it on record."""

    at: datetime
    by: str
    why: str
    killed: tuple[KillReport, ...]


def engaged(workspace: Workspace) -> bool:
    """Whether the kill switch is engaged. Whatever is called STOP counts, a dangling link too."""
    return os.path.lexists(workspace.stop)


def notes(workspace: Workspace) -> Stop | None:
    """Return what the STOP file tells; None when there is none."""
    try:
        made = datetime.fromtimestamp(os.lstat(workspace.stop).st_mtime, UTC)
    except FileNotFoundError:
        return None
    first: StopLine | None = None
    killed: dict[str, KillReport] = {}
    said: list[str] = []
    for line in _lines(workspace):
        if isinstance(line, str):
            said.append(line)
            continue
        if first is None and line.by:
            first = line
        for report in line.killed:
            killed.setdefault(report.build, report)
    if first is None or said:
        return Stop(
            at=made if first is None else first.at, by=BY_FILE, why=" ".join(said), killed=tuple(killed.values())
        )
    return Stop(at=first.at, by=first.by, why=first.why, killed=tuple(killed.values()))


def uses(workspace: Workspace) -> tuple[KillUse, ...]:
    """Return each use of the switch that the STOP file tells of and that is over, the first first."""
    begun: dict[str, StopLine] = {}
    over: dict[str, list[StopLine]] = {}
    latest = ""
    said: list[str] = []
    for line in _lines(workspace):
        if isinstance(line, str):
            said.append(line)
        elif line.by:
            latest = line.use or f"{line.at.timestamp():.6f}"
            begun[latest] = line
        elif line.ms is not None:
            # An engine's own watch does not know on whose account it kills.
            over.setdefault(line.use or latest, []).append(line)
    return tuple(_use(name, begun.get(name), lines, " ".join(said)) for name, lines in over.items())


def _use(name: str, begun: StopLine | None, over: list[StopLine], said: str) -> KillUse:
    """Put together what all who killed on account of one use saw of it."""
    most: dict[str, int] = {}
    for report in (report for line in over for report in line.killed):
        most[report.build] = max(most.get(report.build, 0), report.processes)
    begun = begun or StopLine(at=over[0].at, by=BY_FILE, why=said, means=Means.FILE)
    return KillUse(
        id=name or f"file-{begun.at.timestamp():.6f}",
        at=begun.at,
        by=begun.by,
        means=begun.means,
        why=begun.why,
        ms=max(line.ms or 0.0 for line in over),
        builds=len(most),
        processes=sum(most.values()),
        survivors=tuple(sorted({pid for line in over for report in line.killed for pid in report.survivors})),
    )


def _lines(workspace: Workspace) -> Iterator[StopLine | str]:
    """Yield what the STOP file holds: lines of ours, and others' own words."""
    for text in _read(workspace).splitlines():
        try:
            yield msgspec.json.decode(text, type=StopLine)
        except UNREADABLE:
            yield text.strip()


def append(workspace: Workspace, line: StopLine, *, make: bool = True) -> str:
    """Add a line to the STOP file, made by it if need be; return what went wrong, in words, empty when nothing did."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | (os.O_CREAT if make else 0)
    try:
        fd = os.open(workspace.stop, flags, 0o600)
        try:
            os.write(fd, msgspec.json.encode(line) + b"\n")
        finally:
            os.close(fd)
    except OSError as error:
        return str(error)
    return ""


def record_deaths(
    workspace: Workspace, reports: tuple[KillReport, ...], clock: Clock, ms: float, use: str = ""
) -> None:
    """Write into the STOP file what died of it and how long that took, and bring the file safely to the disk."""
    # Somebody may have armed it again meanwhile, and a report must not engage it.
    append(workspace, StopLine(at=clock.now(), killed=reports, ms=round(ms, 3), use=use), make=False)
    try:
        for path, flags in ((workspace.stop, os.O_RDONLY), (workspace.hidden, os.O_RDONLY | os.O_DIRECTORY)):
            fd = os.open(path, flags | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
    except OSError:
        # The builds are dead and the file is there; a disk that cannot sync will be noticed by the journal.
        return


def _read(workspace: Workspace) -> str:
    try:
        fd = os.open(workspace.stop, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            return os.read(fd, _READ_BYTES).decode(errors="replace")
        finally:
            os.close(fd)
    except OSError:
        # A folder, a dangling link, a pipe: it is there, and that is what counts.
        return ""
