"""Many shapes woven into one expression, so that looking for all of them costs as little as looking for one."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from engine.safety.privacy.shapes import PLACEHOLDER, QUOTE, Shape

Replace = Callable[[str, str], str]
"""Given what kind of thing was found and its words, it returns what stands in its place."""

_MOST_BYTES = 64 << 20
_CONTROL = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|b)")
_ESCAPE = re.compile(rb"\\.")


class Net:
    """Finds shapes in texts and in lines of JSON. What a placeholder stands for already is left alone."""

    def __init__(self, shapes: Sequence[Shape], also: str = "") -> None:
        """`also` is the expression of what makes a text worth a look by others."""
        import re2  # a verb that writes nothing need not wait for it

        options = re2.Options()
        options.log_errors = False
        options.max_mem = _MOST_BYTES
        done = Shape("", f"({PLACEHOLDER})")
        alternatives = "|".join(shape.pattern for shape in shapes)
        self._shapes = (done, *shapes)
        self._pattern = re2.compile(f"{done.pattern}|{alternatives}", options)
        # A set of one: it says whether and not where, which takes half the time.
        whole = f"{alternatives}|{also}" if also else alternatives
        self._quick, self._quick_json = re2.Set.SearchSet(options), re2.Set.SearchSet(options)
        self._quick.Add(whole)
        # A quote within a text is a space by then, and every other one is where a text begins or ends.
        self._quick_json.Add(whole.replace(QUOTE, "[' ]"))
        self._quick.Compile()
        self._quick_json.Compile()

    def passes(self, data: bytes) -> bool:
        """Whether a line of JSON surely holds nothing that is looked for; quick, because every line is asked about."""
        if b"\\" in data:
            # A backslash that is meant is one character; every other escape stands for a control character, or for a
            # space or a quote, which part words.
            data = _CONTROL.sub(b"\x02", data.replace(b"\\\\", b"\x01"))
            data = _ESCAPE.sub(b" ", data).replace(b"\x01", b"\\")
        return not self._quick_json.Match(data)

    def may_hold(self, text: str) -> bool:
        """Whether a text is worth a closer look."""
        return bool(self._quick.Match(text.encode("utf-8", "surrogatepass")))

    def spans(self, data: bytes, counts: Callable[[bytes, int, int], bool]) -> Iterator[tuple[int, int]]:
        """Yield where in some bytes of UTF-8 a shape's pattern fits, wherever `counts` agrees."""
        look = 0
        while (match := self._pattern.search(data, look)) is not None:
            look = match.end()
            if match.lastindex > 1:
                span: tuple[int, int] = match.span(match.lastindex)
                if counts(data, *span):
                    yield span
                else:
                    look = match.start() + 1

    def replace(self, text: str, put: Replace) -> str:
        """Return a text with everything that is found, from left to right, replaced by what `put` says."""
        if not self.may_hold(text):
            return text
        # In bytes, because a search from the middle of a str would go through its beginning each time.
        data = text.encode("utf-8", "surrogatepass")
        done = look = 0
        pieces: list[str] = []
        while (match := self._pattern.search(data, look)) is not None:
            shape = self._shapes[match.lastindex - 1]
            start, end = match.span(match.lastindex)
            look = end
            if shape.kind and shape.counts(_text(data[start:end]), _before(data, start), _after(data, end)):
                pieces += (_text(data[done:start]), put(shape.kind, _text(data[start:end])))
                done = end
            elif shape.whole or shape.mixed:
                look = match.start() + 1  # what it is meant for may begin within
        return "".join((*pieces, _text(data[done:])))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")


def _before(data: bytes, start: int) -> str:
    """The character before a place; a letter of UTF-8 has at most four bytes."""
    return data[max(start - 4, 0) : start].decode("utf-8", "ignore")[-1:]


def _after(data: bytes, end: int) -> str:
    return data[end : end + 4].decode("utf-8", "ignore")[:1]


def mapped(value: Any, change: Callable[[str], str], kept: Iterable[str] = ()) -> Any:
    """Return plain data with every text changed, but for those under a field that is `kept`."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: told if key in kept else mapped(told, change, kept) for key, told in value.items()}
    if isinstance(value, list | tuple):
        return [mapped(part, change, kept) for part in value]
    return value
