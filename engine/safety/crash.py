"""Notices that the engine before this one ended without saying so."""

import faulthandler
import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from engine.safety import processes, record
from state.disk import DISK
from state.errors import StoreFailed
from state.files import Workspace, atomic_write
from state.model.escalation import EscalationKind, Urgency
from state.model.reason import ENGINE, Reason
from state.model.record import Noun
from state.records import UNREADABLE

if TYPE_CHECKING:
    from state.store import Store
from state.text import one_line

log = logging.getLogger("midwatch.engine")

KIND = "daemon_crashed"
"""The type of the signal."""
SOURCE = "engine"
STARTED = "engine_started"
"""What an engine writes down first, and when it ends as it should last."""
ENDED = "engine_ended"
MARK = "running.json"
"""There from an engine's first moment to its last; whoever finds it without its engine knows what happened."""
STACKS = "engine.stacks"
"""Where each thread stood when a fatal signal came, such as that of a watchdog."""

_SAME_TROUBLE = timedelta(hours=1)
"""Crashes that follow each other more closely are one signal with a count."""
_TAIL_BYTES = 32 << 10
_WORDS = 20
_WIDTH = 2000


class Mark(Noun, frozen=True, kw_only=True):
    """An engine at work."""

    pid: int
    boot: str
    mode: str
    began_at: datetime


class Crash(Noun, frozen=True, kw_only=True):
    """What is known of an engine that ended without saying so."""

    pid: int = 0
    mode: str = ""
    began_at: datetime | None = None
    heard_at: datetime | None = None
    """When it wrote its last line."""
    rebooted: bool = False
    """Whether the machine went down with it."""
    last_words: tuple[str, ...] = ()
    stacks: str = ""

    @property
    def text(self) -> str:
        """For the operator, on one line."""
        known = [f"process {self.pid}", self.mode] if self.pid else []
        known += [f"at work since {_moment(self.began_at)}"] if self.began_at else []
        known += [f"last heard of at {_moment(self.heard_at)}"] if self.heard_at else []
        who = f"the engine ({', '.join(known)})" if known else "the engine"
        how = "the machine went down with it" if self.rebooted else "it crashed or was killed"
        return f"{who} ended without saying so: {how}"


def begin(workspace: Workspace, mode: str, now: datetime) -> None:
    """Say that an engine is at work in this process, which must hold the workspace's lock.

    A disk that does not take it is logged: an engine that works without a mark is better than none.
    """
    mark = Mark(pid=os.getpid(), boot=processes.boot_id(), mode=mode, began_at=now)
    try:
        record.replace(workspace.hidden / MARK, msgspec.json.encode(mark) + b"\n")
    except OSError as error:
        log.warning("a crash of this engine would go unnoticed: %s", error)


def farewell(workspace: Workspace, store: "Store") -> None:
    """Say that the engine ends as it should; the lock must still be held."""
    try:
        store.commit((), Reason(actor=ENGINE, action=ENDED, why="it was told to, or had nothing more to do"))
    except StoreFailed as error:
        log.warning("the end of this engine is not on record: %s", error)
    try:
        (workspace.hidden / MARK).unlink(missing_ok=True)
    except OSError as error:
        log.warning("the end of this engine will be taken for a crash: %s", error)


def found(workspace: Workspace) -> Crash | None:
    """Return what is known of an engine that was at work and is not; None when the last one ended as it should.

    The caller knows that none is at work: it holds the lock, or saw that nobody does.
    """
    try:
        raw = (workspace.hidden / MARK).read_bytes()
    except FileNotFoundError:
        return None
    words = _last_words(workspace.logs / "engine.log")
    crash = Crash(
        heard_at=_moment_of(words[-1]) if words else None,
        last_words=tuple(one_line(line, _WIDTH) for line in words),
        stacks=_tail(workspace.logs / STACKS).strip(),
    )
    try:
        mark = msgspec.json.decode(raw, type=Mark)
    except UNREADABLE:
        return crash
    return msgspec.structs.replace(
        crash, pid=mark.pid, mode=mark.mode, began_at=mark.began_at, rebooted=mark.boot != processes.boot_id()
    )


def leave_signal(workspace: Workspace, crash: Crash, now: datetime) -> Path:
    """Tell of a crash in a file in `escalations` and return its path; raises OSError.

    While one from the last hour is still there, its `count` goes up instead: an engine that cannot stay up must not
    fill the folder.
    """
    workspace.escalations.mkdir(exist_ok=True)
    path = workspace.escalations / f"{KIND}-{now:%Y%m%dT%H%M%SZ}.json"
    created, count = now, 1
    for before in sorted(workspace.escalations.glob(f"{KIND}-*.json"), reverse=True):
        told = _signal(before)
        if told is not None and told.created <= now < told.created + _SAME_TROUBLE:
            path, created, count = before, told.created, told.payload.get("count", 0) + 1
            break
    # A count that has gone up is another signal, should the one before it have been taken in the meantime.
    identity = path.stem if count == 1 else f"{path.stem}.{count}"
    signal = Signal(
        id=identity, created=created, payload={"text": crash.text, "count": count, **msgspec.to_builtins(crash)}
    )
    atomic_write(path, msgspec.json.format(msgspec.json.encode(signal), indent=2) + b"\n", mode=0o600)
    return path


class Signal(Noun, frozen=True, kw_only=True):
    """The file's content."""

    id: str
    type: str = KIND
    priority: Urgency = Urgency.HIGH
    created: datetime
    source: str = SOURCE
    payload: dict[str, Any]


QUESTION = EscalationKind.SYSTEM_HEALTH
"""What a crash is in the list of what waits for the operator."""
SUBJECT = "engine:crash"
"""What that question is filed under; no task's label can be the same."""


def keep_stacks(workspace: Workspace) -> None:
    """From now on write down, when a fatal signal ends this process, where each of its threads stood.

    What an engine before this one has left there is gone then, so `found` comes first.
    """
    try:
        fd = DISK.open(workspace.logs / STACKS, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
    except OSError as error:
        log.warning("the last moments of this engine would stay unknown: %s", error)
        return
    faulthandler.enable(file=fd)


def _signal(path: Path) -> Signal | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Signal)
    except (OSError, *UNREADABLE):
        # Gone in between, or somebody else's.
        return None


def _last_words(path: Path) -> list[str]:
    lines = _tail(path).splitlines()
    older = _tail(path.with_name(f"{path.name}.1")).splitlines() if len(lines) < _WORDS else []
    return [*older, *lines][-_WORDS:]


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            told = file.read(_TAIL_BYTES)
    except OSError:
        return ""
    if size > _TAIL_BYTES:
        told = told.partition(b"\n")[2]
    return told.decode(errors="replace")


class _Dated(Noun, frozen=True, kw_only=True):
    at: datetime


def _moment_of(line: str) -> datetime | None:
    try:
        return msgspec.json.decode(line.encode(), type=_Dated).at
    except UNREADABLE:
        return None


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
