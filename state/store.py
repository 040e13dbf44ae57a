"""The store: the present form of every record, changed only by commits to the journal."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from state import checkpoint, line, records, replay, segments
from state.disk import DISK, Disk
from state.errors import StoreFailed, WorkspaceBusy
from state.files import Lock, Workspace
from state.journal import Entry, JournalDamaged
from state.keeping import exchange
from state.keeping.door import OPEN, Door
from state.line import Seal
from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.brakes.raised import Raised
from state.model.brakes.safekeeping import Safekeeping
from state.model.brakes.usage import Used
from state.model.build import Build
from state.model.control import Control
from state.model.counts.waits import Waits
from state.model.escalation import Escalation
from state.model.learning.pattern import Pattern
from state.model.learning.problem import Problem
from state.model.links.goal import Researched
from state.model.links.mail import Correspondence, Mailbox
from state.model.reason import Reason
from state.model.signals.heartbeat import Heartbeat
from state.model.signals.signal import Signal
from state.model.task import Task
from state.model.view import Record
from state.model.when.schedule import ScheduleState
from state.segments import Rewriting, Segments

if TYPE_CHECKING:
    import tinydb.table

__all__ = ["JournalDamaged", "Store", "StoreFailed", "WorkspaceBusy"]

CHECKPOINT_EVERY = 8 << 20
"""Bytes of journal after which a checkpoint is written beside the work."""
_log = logging.getLogger(__name__)
_R = TypeVar("_R", bound=Record)


class Now(Protocol):
    """What tells the time of a commit."""

    def now(self) -> datetime:
        """The wall clock, as aware UTC."""
        ...


def _written(changes: Sequence[Record], reason: Reason) -> tuple[list[tuple[str, bytes, Record]], bytes]:
    packed = [records.pack(record) for record in changes]
    return packed, line.body_of(reason, [(table, data) for table, data, _ in packed])


class Store:
    """Everything as of the last commit. One thread at a time may use it; its maps are live and read-only."""

    def __init__(self, workspace: Workspace, clock: Now, lock: Lock, disk: Disk, door: Door) -> None:
        """For `open` alone."""
        self.door = door
        """What every change passes before it is written down."""
        self._workspace = workspace
        self._clock = clock
        self._lock = lock
        self._disk = disk
        self._tables: dict[str, dict[str, Record]] = {name: {} for name in records.TABLES}
        self._staged: list[bytes] = []
        self._undo: list[tuple[dict[str, Record], str, Record | None]] = []
        self._closed = False
        self._amid = False
        """In the middle of a change. An interrupt leaves it so, and then only the journal knows how far that came."""
        self._writer: threading.Thread | None = None
        self._written = 0
        """The entry that the last checkpoint stands for."""
        self._unwritten: list[OSError] = []
        """Why the last checkpoint could not be written."""
        self._digests = checkpoint.Digests(workspace.journal)
        past = replay.load(workspace, self._tables, self._digests)
        self._segments = Segments(workspace.journal, disk)
        try:
            self._segments.resume(past.sizes, past.end)
        except BaseException:
            self._segments.close()
            raise
        self._start = past.start
        """What the journal's first line follows."""
        self._end = self._durable = past.end
        self._written = past.checkpoint
        self._segments.grown = past.grown
        self._staged_at = clock.now()
        self.listeners: list[Callable[[Entry], None]] = []
        """Called with every entry as it is staged, before it is durable."""
        self.recovered = past.recovered
        """What a crash had left half done and how it was set right; empty when there was nothing."""
        self.tasks: Mapping[str, Task] = self._live("tasks", Task)
        self.builds: Mapping[str, Build] = self._live("builds", Build)
        self.escalations: Mapping[str, Escalation] = self._live("escalations", Escalation)
        self.anomalies: Mapping[str, Anomaly] = self._live("anomalies", Anomaly)
        self.schedules: Mapping[str, ScheduleState] = self._live("schedules", ScheduleState)
        self.kill_uses: Mapping[str, KillUse] = self._live("kill_uses", KillUse)
        self.raised: Mapping[str, Raised] = self._live("raised", Raised)
        self.breakers: Mapping[str, Breaker] = self._live("breakers", Breaker)
        self.used: Mapping[str, Used] = self._live("used", Used)
        self.problems: Mapping[str, Problem] = self._live("problems", Problem)
        self.patterns: Mapping[str, Pattern] = self._live("patterns", Pattern)
        self.signals: Mapping[str, Signal] = self._live("signals", Signal)
        self.mailboxes: Mapping[str, Mailbox] = self._live("mailboxes", Mailbox)
        self.mails: Mapping[str, Correspondence] = self._live("mails", Correspondence)
        self.goals: Mapping[str, Researched] = self._live("goals", Researched)

    @classmethod
    def open(
        cls, workspace: Workspace, clock: Now, *, timeout_s: float = 0.0, disk: Disk = DISK, door: Door = OPEN
    ) -> "Store":
        """Take the workspace's lock, waiting at most `timeout_s`, and bring everything back as it was.

        Raises WorkspaceBusy, JournalDamaged, or StoreFailed when the disk does not let it write.
        """
        lock = Lock(workspace)
        try:
            workspace.hidden.mkdir(mode=0o700, exist_ok=True)
            lock.acquire(timeout_s)
            exchange.settle(workspace, disk)
            workspace.journal.mkdir(mode=0o700, exist_ok=True)
            return cls(workspace, clock, lock, disk, door)
        except OSError as error:
            lock.release()
            raise StoreFailed(f"{workspace.hidden} cannot be used: {error}: mend the cause and try again") from error
        except BaseException:
            lock.release()
            raise

    @property
    def workspace(self) -> Workspace:
        """The workspace that it holds."""
        return self._workspace

    def _live(self, name: str, _kind: type[_R]) -> Mapping[str, _R]:
        return cast("Mapping[str, _R]", MappingProxyType(self._tables[name]))

    @property
    def number(self) -> int:
        """The sequence number of the last staged entry."""
        return self._end.seq

    @property
    def head(self) -> str:
        """The hash of the last staged entry."""
        return self._end.hash

    @property
    def control(self) -> Control:
        """What the operator has said about the engine as a whole."""
        return cast(Control, self._tables["control"].get("control", Control()))

    @property
    def safekeeping(self) -> Safekeeping:
        """What is known of snapshots."""
        return cast(Safekeeping, self._tables["safekeeping"].get("safekeeping", Safekeeping()))

    @property
    def heartbeat(self) -> Heartbeat:
        """How far the periodic checks have come."""
        return cast(Heartbeat, self._tables["heartbeat"].get("heartbeat", Heartbeat()))

    def stage(self, records_: Sequence[Record], reason: Reason) -> Entry:
        """Apply a change in memory, to be made durable by the next `flush`; until then it may still be taken back.

        Raises StoreFailed when no commit can succeed any more, and TypeError for a record that could not be read back.
        """
        self._usable()
        packed, body = _written(records_, reason)
        if not self.door.passes(body):
            reason = self.door.clean(reason)
            packed, body = _written([self.door.clean(record) for record in records_], reason)
        at = self._clock.now()
        self._amid = True
        data, self._end = line.seal(self._end, at, reason.actor, body)
        self._staged.append(data)
        self._staged_at = at
        for name, _, record in packed:
            table = self._tables[name]
            self._undo.append((table, record.key, table.get(record.key)))
            table[record.key] = record
        self._amid = False
        entry = Entry(seq=self._end.seq, at=at, reason=reason, records=tuple(record for _, _, record in packed))
        for listener in self.listeners:
            listener(entry)
        return entry

    def flush(self) -> None:
        """Make everything staged durable with one write and one sync.

        Raises StoreFailed, with all of it taken back from memory and file.
        """
        self._usable()
        if not self._staged:
            return
        self._amid = True
        try:
            self._segments.append(b"".join(self._staged), self._staged_at, self._end)
        except StoreFailed:
            self._take_back()
            raise
        self._durable = self._end
        self._staged.clear()
        self._undo.clear()
        self._amid = False
        if self._segments.grown >= CHECKPOINT_EVERY and not self._writing:
            self.checkpoint(wait=False)

    @property
    def waits(self) -> Waits:
        """How long each flush waited for the disk since the store was opened."""
        return self._segments.waits

    def commit(self, records_: Sequence[Record], reason: Reason) -> Entry:
        """Make a change that is durable when this returns, with all that was staged before it.

        Raises StoreFailed with nothing changed.
        """
        entry = self.stage(records_, reason)
        self.flush()
        return entry

    def _take_back(self) -> None:
        for table, key, before in reversed(self._undo):
            if before is None:
                del table[key]
            else:
                table[key] = before
        self._end = self._durable
        self._staged.clear()
        self._undo.clear()
        self._amid = False

    def _usable(self) -> None:
        if self._closed:
            raise StoreFailed("the store is closed: open it again", final=True)
        if self._amid:
            raise StoreFailed("a change was interrupted half way: open the store again", final=True)
        if self._segments.finished:
            raise StoreFailed(self._segments.finished, final=True)

    def record(self, table: str, key: str) -> Record | None:
        """Return the present form of one record, or None."""
        return self._tables[table].get(key)

    def table(self, name: str) -> "tinydb.table.Table":
        """Return a table to query as TinyDB's, with `where` and `Query`; writing through it raises StoreFailed."""
        from state.tables import RecordTable  # TinyDB is imported only by those who query

        if name not in self._tables:
            raise KeyError(f"no table {name!r}: there are {', '.join(self._tables)}")
        return RecordTable(self._tables, name)

    def records(self) -> Iterator[Record]:
        """Every record there is."""
        return (record for rows in self._tables.values() for record in rows.values())

    def erase(self, entries: frozenset[int]) -> None:
        """Take the contents of these entries out of the journal's files, and write a checkpoint beside the work.

        What the records in them are now must stand in later entries, which are durable. Raises StoreFailed: then some
        are out and some are not, and each file is whole.
        """
        self.flush()
        self._join()
        for name in self.holding(entries):
            rewriting = self.erasing(name, entries)
            rewriting.write()
            self.take(rewriting)
        self.checkpoint(wait=False)

    def holding(self, entries: frozenset[int]) -> list[str]:
        """Return the journal's files that hold one of these entries with its contents; any thread may."""
        folder = self._workspace.journal
        found = ((name, segments.lines(folder / name)) for name in segments.names(folder))
        return [name for name, raws in found if any(line.tells(raw, entries) for raw in raws)]

    def erasing(self, name: str, entries: frozenset[int]) -> Rewriting:
        """Return what writes one of the journal's files without the contents of these entries, on any thread."""
        return self._segments.rewriting(name, lambda raw: line.without_body(raw) if line.tells(raw, entries) else raw)

    def take(self, rewriting: Rewriting) -> None:
        """Put a file that was written so in its place. Raises StoreFailed, with the old one or the new one there."""
        self._join()
        self._digests.forget(rewriting.name)
        self._segments.take(rewriting)

    @property
    def _writing(self) -> bool:
        return self._writer is not None and self._writer.is_alive()

    def checkpoint(self, *, wait: bool = True) -> None:
        """Replace `state.json` by everything as of now; raises StoreFailed, and the old one stays.

        The caller's thread only copies the lists of records; with `wait` false it does not stay for the rest, and a
        failure is logged: the journal alone is enough.
        """
        self.flush()
        self._join()
        rows = {name: list(table.values()) for name, table in self._tables.items()}
        sizes = self._segments.sizes()
        pieces = checkpoint.chunks(rows, self._start, self._durable, sizes, self._digests)
        seq, self._segments.grown = self._durable.seq, 0
        failed = self._unwritten = []

        def write() -> None:
            try:
                self._disk.replace_with(self._workspace.checkpoint, pieces, 0o600)
                self._written = seq
            except OSError as error:
                failed.append(error)
                _log.warning("%s could not be written: %s", self._workspace.checkpoint, error)

        self._writer = threading.Thread(target=write, name="midwatch-checkpoint")
        self._writer.start()
        if wait:
            self._join()
            if failed:
                raise StoreFailed(f"{self._workspace.checkpoint}: {failed[0].strerror}: the old one stays; make room")

    @property
    def start(self) -> Seal:
        """What the journal's first line follows: the end of what was pruned, if anything was."""
        return self._start

    @property
    def pending(self) -> bool:
        """Whether anything is staged and not yet durable."""
        return bool(self._staged)

    def base(self, start: Seal, segment: str) -> Iterator[bytes]:
        """Return everything as of the last flush, in pieces, on which a journal can stand that begins after `start`.

        `segment` is the name of its first segment. The pieces may be written by any thread.
        """
        rows = {name: list(table.values()) for name, table in self._tables.items()}
        sizes = {name: size for name, size in self._segments.sizes().items() if name >= segment}
        return checkpoint.chunks(rows, start, self._durable, sizes, checkpoint.Digests(self._workspace.journal))

    def begin_after(self, start: Seal, segment: str) -> None:
        """Count all segments before this one as gone, which an anchor in the journal must have said already.

        They may be removed once the checkpoint that this begins to write is there: see `settled`.
        """
        self._segments.forget([name for name in self._segments.sizes() if name < segment])
        self._start = start
        self.checkpoint(wait=False)

    def settled(self) -> bool:
        """Wait until no checkpoint is being written; any thread may. False when the last one could not be."""
        writer = self._writer
        if writer is not None:
            writer.join()
        return not self._unwritten

    def _join(self) -> None:
        if self._writer is not None:
            self._writer.join()
            self._writer = None

    def close(self) -> None:
        """Make durable what is staged, write a checkpoint if anything changed, and let others in.

        Raises StoreFailed when what was staged could not be kept.
        """
        if self._closed:
            return
        try:
            if not self._segments.finished and not self._amid:
                self.flush()
                self._join()
                if self._written != self._durable.seq:
                    self.checkpoint(wait=False)
        finally:
            self._join()
            self._closed = True
            self._segments.close()
            self._lock.release()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
