"""Plain text for a terminal or a pipe: tables, durations and times."""

import shutil
import sys
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from state.text import clean

_GAP = "  "


def table(rows: Sequence[Sequence[str]], headings: Sequence[str], *, width: int | None = None) -> str:
    """Return rows under headings in aligned columns, cleaned of what a terminal would obey.

    With a `width` in columns the last one is cut to fit; None cuts nothing.
    """
    cells = [[clean(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(columns(row[index]) for row in cells) for index in range(len(headings))]
    lines = []
    for row in cells:
        padded = [cell + " " * (wide - columns(cell)) for cell, wide in zip(row, widths, strict=True)]
        line = _GAP.join(padded).rstrip()
        lines.append(cut(line, width) if width else line)
    return "\n".join(lines)


def terminal_width() -> int | None:
    """Columns of the terminal that standard output is; None when it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(character) for character in text)


def cut(text: str, width: int) -> str:
    """Return at most `width` columns of a text, the last being … where something is left out."""
    if columns(text) <= width:
        return text
    used = 0
    for index, character in enumerate(text):
        used += _columns(character)
        if used > width - 1:
            return text[:index] + "…"
    return text


def span(seconds: float) -> str:
    """Return a duration as people say it: `8 s`, `5 min`, `3 h 10 min`, `2 d`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d"


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago something was; nothing when it has not been."""
    return "" if at is None else f"{span((now - at).total_seconds())} ago"


def moment(at: datetime | None) -> str:
    """Return a time in the operator's zone, to the second; nothing for none."""
    return "" if at is None else at.astimezone().isoformat(sep=" ", timespec="seconds")


def utc(text: str) -> datetime:
    """Read an ISO 8601 time; one without a zone is the operator's. ValueError says what to write."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        raise ValueError(f"{text!r} is not a time: write 2026-02-06 or 2026-02-06T23:00Z") from None


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
