"""A subject: the words that tell of one person, found in whatever form they were written."""

import re
from typing import Any, TypeVar

import msgspec

from engine.safety.privacy.net import Net, mapped
from engine.safety.privacy.scrubber import NAMES
from engine.safety.privacy.shapes import Shape, quoted, words
from state.errors import MidwatchError
from state.model.record import Noun

N = TypeVar("N", bound=Noun)

SHORTEST = 3
_NUMBER = re.compile(r"\+?[\d\s().-]{6,}")
# Between two words may also stand what JSON writes for the end of a line.
_BETWEEN = r"(?:[\s._-]|\\[nrt]){1,3}"
_ESCAPES = (b"\\n", b"\\r", b"\\t")


class BadSubject(MidwatchError):
    """What cannot be looked for."""

    code = 2


class Subject:
    """Looks for one person's words: a name in either order, a mail address, a phone number however it is parted."""

    def __init__(self, said: str) -> None:
        """Raises BadSubject for what would be found everywhere."""
        said = " ".join(said.split())
        if sum(c.isalnum() for c in said) < SHORTEST:
            raise BadSubject(f"{said!r} is too short to be looked for: give a whole name, address or number")
        pattern = words(said, _BETWEEN)
        if _NUMBER.fullmatch(said):
            digits = [c for c in said if c.isdigit()]
            pattern = r"[\s().-]{0,2}".join(digits)
        elif "@" in said:
            pattern = f"(?i:{quoted(said)})"
        self._net = Net((Shape("erased", f"({pattern})", whole=True),))

    def in_line(self, raw: bytes) -> bool:
        """Whether a line of JSON holds it in any of its texts; raises one of records.UNREADABLE."""
        return not self._net.passes(raw) and self.in_plain(msgspec.json.decode(raw))

    def in_plain(self, value: Any) -> bool:
        """Whether plain data holds it in any of its texts."""
        return bool(mapped(value, self.without) != mapped(value, str))

    def in_text(self, text: str) -> bool:
        """Whether a text holds it."""
        return self.without(text) != text

    def without(self, text: str) -> str:
        """Return a text with `[erased]` in its place."""
        while (after := self._net.replace(text, lambda kind, value: "[erased]")) != text:
            text = after
        return text

    def cleaned(self, noun: N) -> N:
        """Return a noun without it, but for what names things."""
        told = mapped(msgspec.to_builtins(noun), self.without, NAMES)
        return msgspec.convert(told, type(noun))

    def spans(self, data: bytes) -> list[tuple[int, int]]:
        """Return where it stands in the bytes of a file."""
        return list(self._net.spans(data, _apart))


def _apart(data: bytes, start: int, end: int) -> bool:
    """Whether it is no part of a longer word."""
    before, after = data[max(start - 1, 0) : start], data[end : end + 1]
    return not (after.isalnum() or (before.isalnum() and data[max(start - 2, 0) : start] not in _ESCAPES))
