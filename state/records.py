"""Which table each kind of record lives in, in the form in which it is written."""

from typing import Any, TypeVar

import msgspec

from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.brakes.raised import Raised
from state.model.brakes.safekeeping import Safekeeping
from state.model.brakes.usage import Used
from state.model.build import Build
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.learning.pattern import Pattern
from state.model.learning.problem import Problem
from state.model.links.goal import Researched
from state.model.links.mail import Correspondence, Mailbox
from state.model.signals.heartbeat import Heartbeat
from state.model.signals.signal import Signal
from state.model.task import Task
from state.model.view import Record
from state.model.when.schedule import ScheduleState

R = TypeVar("R")

TABLES: dict[str, type[Record]] = {
    "tasks": Task,
    "builds": Build,
    "escalations": Escalation,
    "anomalies": Anomaly,
    "control": Control,
    "schedules": ScheduleState,
    "kill_uses": KillUse,
    "raised": Raised,
    "breakers": Breaker,
    "safekeeping": Safekeeping,
    "used": Used,
    "problems": Problem,
    "patterns": Pattern,
    "signals": Signal,
    "heartbeat": Heartbeat,
    "mailboxes": Mailbox,
    "mails": Correspondence,
    "goals": Researched,
}
TABLE_OF: dict[type, str] = {kind: name for name, kind in TABLES.items()}

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not what they should be."""

encode = msgspec.json.Encoder().encode
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(kind) for name, kind in TABLES.items()}


def decode(table: str, data: bytes | msgspec.Raw) -> Record:
    """Return the record that was written to a table; raises KeyError or one of UNREADABLE."""
    record: Record = _DECODERS[table].decode(data)
    return record


def pack(record: Record) -> tuple[str, bytes, Record]:
    """Return a record's table, its bytes and what a later reader gets from them.

    Raises TypeError for what would not come back, such as an infinite number: it must never reach the journal.
    """
    table = TABLE_OF[type(record)]
    data = encode(record)
    try:
        return table, data, decode(table, data)
    except UNREADABLE as error:
        raise TypeError(f"this record of {table} cannot be written: {error}: {record!r}") from error
