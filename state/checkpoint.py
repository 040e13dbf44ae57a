"""The checkpoint: everything as of one line of the journal, in a file that plain TinyDB reads."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from state import records
from state.line import Seal
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

_MARK = b',"checkpoint":{"1":'
_BLOCK = 1 << 20
_AT_ONCE = 64
"""Records encoded between two writes: a write lets other threads run."""


class Span(msgspec.Struct, frozen=True):
    """The first `bytes` bytes of a segment, and their SHA-256."""

    bytes: int
    sha256: str


class Mark(msgspec.Struct, frozen=True):
    """Which part of the journal a checkpoint stands for."""

    seq: int
    head: str
    segments: dict[str, Span]
    digest: str
    """SHA-256 of the file's bytes before this table: the journal is the truth, so an edited file is not used."""
    start: Seal = Seal()
    """What the journal's first line follows: not the beginning any more once its oldest part was pruned."""

    @property
    def seal(self) -> Seal:
        """The chain's end at that moment."""
        return Seal(self.seq, self.head)


class Image(msgspec.Struct, frozen=True):
    """A checkpoint as it was read: each table's records by document id, in the order of the ids."""

    checkpoint: dict[str, Mark]
    tasks: dict[str, Task] = {}
    builds: dict[str, Build] = {}
    escalations: dict[str, Escalation] = {}
    anomalies: dict[str, Anomaly] = {}
    control: dict[str, Control] = {}
    schedules: dict[str, ScheduleState] = {}
    kill_uses: dict[str, KillUse] = {}
    raised: dict[str, Raised] = {}
    breakers: dict[str, Breaker] = {}
    safekeeping: dict[str, Safekeeping] = {}
    used: dict[str, Used] = {}
    problems: dict[str, Problem] = {}
    mailboxes: dict[str, Mailbox] = {}
    mails: dict[str, Correspondence] = {}
    goals: dict[str, Researched] = {}
    patterns: dict[str, Pattern] = {}
    signals: dict[str, Signal] = {}
    heartbeat: dict[str, Heartbeat] = {}

    @property
    def mark(self) -> Mark:
        """What it stands for."""
        return self.checkpoint["1"]

    def table(self, name: str) -> Iterable[Record]:
        """The records of one table, oldest first."""
        rows: dict[str, Record] = getattr(self, name)
        return rows.values()


class _OnlyMark(msgspec.Struct, frozen=True):
    checkpoint: dict[str, Mark]


_image = msgspec.json.Decoder(Image)
_only_mark = msgspec.json.Decoder(_OnlyMark)


class Digests:
    """The digests of segments up to some size, taken from the files and carried on from one time to the next."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[int, hashlib._Hash]] = {}

    def forget(self, name: str) -> None:
        """Read a segment anew, which is not as it was any more."""
        self._known.pop(name, None)

    def span(self, name: str, size: int) -> Span:
        """Return the span of a segment's first `size` bytes, or of all that are there if they are fewer."""
        done, sha = self._known.get(name, (0, hashlib.sha256()))
        if done > size:
            done, sha = 0, hashlib.sha256()
        block = memoryview(bytearray(_BLOCK))
        with (self._folder / name).open("rb", buffering=0) as file:
            file.seek(done)
            while count := file.readinto(block[: min(size - done, _BLOCK)]):
                sha.update(block[:count])
                done += count
        self._known[name] = done, sha
        return Span(done, sha.hexdigest())


def chunks(
    tables: Mapping[str, Iterable[Record]], start: Seal, end: Seal, sizes: Mapping[str, int], digests: Digests
) -> Iterator[bytes]:
    """Yield a checkpoint's bytes in small pieces.

    `start` is what the journal's first line follows, `end` its last, `sizes` how far each segment goes.
    """
    sha = hashlib.sha256()
    opening = b"{"
    for name, rows in tables.items():
        piece = [opening, b'"', name.encode(), b'":{']
        comma = b""
        for number, record in enumerate(rows, 1):
            piece += (comma, b'"%d":' % number, records.encode(record))
            comma = b","
            if number % _AT_ONCE == 0:
                data = b"".join(piece)
                sha.update(data)
                yield data
                piece = []
        piece.append(b"}")
        data = b"".join(piece)
        sha.update(data)
        yield data
        opening = b","
    spans = {name: digests.span(name, size) for name, size in sizes.items()}
    mark = Mark(end.seq, end.hash, spans, sha.hexdigest(), start)
    yield b"%b%b}}\n" % (_MARK, records.encode(mark))


def load(path: Path) -> tuple[Image | None, str]:
    """Return a checkpoint, or None with the reason, in words, why what is there cannot be used."""
    data, trouble = _read(path)
    if data is None:
        return None, trouble
    try:
        image = _image.decode(data)
        whole = image.mark.digest == hashlib.sha256(memoryview(data)[: data.rfind(_MARK)]).hexdigest()
    except (*records.UNREADABLE, KeyError):
        return None, _unusable(path)
    return (image, "") if whole else (None, _unusable(path))


def load_mark(path: Path) -> Mark | None:
    """Return only which part of the journal a checkpoint stands for; None when it cannot be used."""
    data, _ = _read(path)
    if data is None:
        return None
    try:
        mark = _only_mark.decode(data).checkpoint["1"]
    except (*records.UNREADABLE, KeyError):
        return None
    whole = mark.digest == hashlib.sha256(memoryview(data)[: data.rfind(_MARK)]).hexdigest()
    return mark if whole else None


def _read(path: Path) -> tuple[bytes | None, str]:
    try:
        return path.read_bytes(), ""
    except FileNotFoundError:
        return None, ""


def _unusable(path: Path) -> str:
    return f"{path} is not as it was written: left aside, and everything taken from the journal again"
