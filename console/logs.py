"""The process's own log: one JSON object a line, in a file that is kept small."""

import logging
import os
import stat
import sys
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler

import msgspec

from engine.safety.privacy.net import mapped
from engine.safety.privacy.scrubber import Scrubber
from engine.safety.privacy.ward import ward
from state.files import Workspace
from state.model.reason import Reason

ENGINE = "engine.log"
"""The log of whoever holds the workspace as its engine."""
CONSOLE = "console.log"
"""The log of a console that is attached to another process's engine."""

_NAMES = frozenset({"at", "level", "from", "actor", "label", "build"})
"""What no text of others ever stands in."""
_LINE = "midwatch_line"
"""Where a record keeps its line."""
_MOST_BYTES = 4 << 20
_KEPT = 4


class JsonLines(logging.Formatter):
    """Formats a record as `{"at", "level", "from", "event", ...}`; an entry's reason is spread over it."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        """Return one line without its end; made once, though a file that may be full and a terminal both ask for it."""
        told: str | None = record.__dict__.get(_LINE)
        if told is None:
            told = record.__dict__[_LINE] = self._line(record)
        return told

    def _line(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "from": record.name,
            "event": record.getMessage(),
        }
        entry = getattr(record, "entry", None)
        if isinstance(entry, Reason):
            line |= {"seq": getattr(record, "seq", 0), "actor": entry.actor, "why": entry.why}
            line |= {"label": entry.label, "build": entry.build}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        told = {key: _sayable(value) for key, value in line.items()}
        # Without what is left alone: the time of day may look like the number of a telephone.
        if not self._scrubber.passes(msgspec.json.encode({key: told[key] for key in told.keys() - _NAMES})):
            told = mapped(told, self._scrubber.text, _NAMES)
        return msgspec.json.encode(told).decode()


class LogFile(RotatingFileHandler):
    """Counts what it writes instead of asking the system before each line; nobody else writes to its file."""

    _size = 0

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        found = os.fstat(stream.fileno())
        # What is no file, such as a terminal that the name was made to lead to, is never full.
        self._size = found.st_size if stat.S_ISREG(found.st_mode) else -sys.maxsize
        return stream

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - its name
        """Say whether the file would be too large with this line."""
        if self.stream is None:
            self.stream = self._open()
        return self._size + len(self.format(record)) >= self.maxBytes

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line, into a new file where it would be too much for the present one."""
        super().emit(record)
        self._size += len(self.format(record)) + 1


def _sayable(value: object) -> object:
    """Escape what is no text, such as names of files may hold, so that nothing said can break the log."""
    return value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value


def begin(workspace: Workspace, *, aloud: bool, name: str = ENGINE) -> None:
    """Log to a file in `.midwatch/logs`, and to standard error as well when `aloud` (never under a screen).

    Only one process at a time may log to a file of one name: it sets it aside when it is large enough.
    """
    workspace.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = LogFile(workspace.logs / name, maxBytes=_MOST_BYTES, backupCount=_KEPT, encoding="utf-8", delay=True)
    handlers: list[logging.Handler] = [file]
    if aloud:
        handlers.append(logging.StreamHandler(sys.stderr))
    root = logging.getLogger()
    for old in root.handlers:
        if isinstance(old, RotatingFileHandler):
            old.close()
    root.handlers.clear()
    for handler in handlers:
        handler.setFormatter(JsonLines(ward(workspace)))
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)
