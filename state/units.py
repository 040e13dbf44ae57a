"""Durations, sizes, amounts and the like as operators write them."""

import json
import math
import re
import shlex
from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

from state.model.money import MICRO, from_dollars
from state.text import one_line
from state.zones import zone_of

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_BYTES = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
_MOST_S = 100 * 365 * 86_400.0
_MOST_BYTES = 1 << 50
_MOST = 1_000_000_000
_SHOWN = 40
_LAST_PORT = 65_535


def parse_duration(text: str | int | float) -> float:
    """Return seconds for `90`, `"90s"`, `"5m"`, `"1h30m"`, `"2d"` or `"250ms"`; raises ValueError."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        # Compared before it becomes a float, which not every whole number can.
        seconds = float(text) if abs(text) <= _MOST_S else math.inf
    else:
        compact = str(text).replace(" ", "")
        parts = _PART.findall(compact)
        if _is_number(compact):
            seconds = float(compact)
        elif parts and "".join(amount + unit for amount, unit in parts) == compact:
            seconds = sum(float(amount) * _SECONDS[unit] for amount, unit in parts)
        else:
            raise ValueError(f'{text!r} is not a duration: write "90s", "5m", "1h30m" or a number of seconds')
    if not 0 <= seconds <= _MOST_S:
        raise ValueError(
            f"{one_line(repr(text), _SHOWN)} is not a duration: it must be 0 or more, and at most 100 years"
        )
    return seconds


def parse_size(text: str | int) -> int:
    """Return bytes for `4096`, `"512K"`, `"16M"`, `"2G"` or `"1T"` (powers of 1,024); raises ValueError."""
    found = _SIZE.fullmatch(str(text).strip()) if not isinstance(text, bool | float) else None
    if not found:
        raise ValueError(f'{text!r} is not a size: write "512M", "2G" or a number of bytes')
    size = float(found[1]) * (1 << _BYTES[found[2].upper()])
    if size > _MOST_BYTES:
        raise ValueError(f"{one_line(repr(text), _SHOWN)} is too large: a size is at most 1024T")
    return int(size)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def show_duration(seconds: float) -> str:
    """Return the shortest text that `parse_duration` reads as this, such as `5m` or `1h30m`."""
    rest, parts = round(seconds * 1000), []
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount}{unit}")
    return "".join(parts) or "0s"


def show_size(size: int) -> str:
    """Return the shortest text that `parse_size` reads as this, such as `2G`."""
    for unit in "TGMK":
        whole, rest = divmod(size, 1 << _BYTES[unit])
        if whole and not rest:
            return f"{whole}{unit}"
    return str(size)


class Kind(NamedTuple):
    """How a value stands in a settings file: `read` raises ValueError with what is expected, `show` is its inverse."""

    read: Callable[[Any], Any]
    show: Callable[[Any], str]


def said(value: Any) -> str:
    """Return a value as it stands in a settings file, for a message about it."""
    return json.dumps(value) if isinstance(value, bool) else repr(value)


def _expect(value: Any, kinds: tuple[type, ...], what: str) -> None:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise ValueError(f"expected {what}, not {said(value)}")


def count(least: int) -> Kind:
    """Return the kind of whole numbers from `least` on."""

    def read(value: Any) -> int:
        what = f"a whole number of {least} or more"
        _expect(value, (int,), what)
        if not least <= value <= _MOST:
            raise ValueError(f"expected {what} up to {_MOST:,}, not {one_line(str(value), _SHOWN)}")
        return int(value)

    return Kind(read, str)


def _duration(value: Any) -> float:
    _expect(value, (str, int, float), 'a duration such as "5m" or a number of seconds')
    return parse_duration(value)


def _lasting(value: Any) -> float:
    seconds = _duration(value)
    if seconds == 0:
        raise ValueError("expected a duration of more than 0")
    return seconds


def _size(value: Any) -> int:
    _expect(value, (str, int), 'a size such as "2G" or a number of bytes')
    size = parse_size(value)
    if size == 0:
        raise ValueError("expected a size of more than 0")
    return size


def _money(value: Any) -> int:
    _expect(value, (str, int, float), "an amount in dollars such as 50.0")
    return from_dollars(value)


def _truth(value: Any) -> bool:
    _expect(value, (bool,), "true or false")
    return bool(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"expected a text in quotes, on one line, not {said(value)}")
    return value


def _paths(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(path, str) and path.startswith("/") for path in value):
        raise ValueError(f'expected a list of absolute paths such as ["/opt/tools"], not {said(value)}')
    return tuple(value)


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list of texts in quotes, not {said(value)}")
    return tuple(_text(text) for text in value)


def _command(value: Any) -> str:
    text = _text(value)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"not a command line: {str(error).lower()}") from error
    if not words:
        raise ValueError('expected a command line such as "status --json"')
    return text


def _port(value: Any) -> int:
    _expect(value, (int,), "a port, which is a number from 0 to 65535")
    if not 0 <= value <= _LAST_PORT:
        raise ValueError(f"expected a port from 0 to {_LAST_PORT}, not {one_line(str(value), _SHOWN)}")
    return int(value)


def _loopback(value: Any) -> str:
    import ipaddress  # few settings name an address

    text = _text(value)
    try:
        inside = ipaddress.ip_address(text).is_loopback
    except ValueError:
        inside = False
    if not inside:
        raise ValueError(
            f'expected an address of this machine alone such as "127.0.0.1", not {said(value)}: elsewhere '
            "the token would pass over a network as it is"
        )
    return text


def _zone(value: Any) -> str:
    zone_of(_text(value))
    return str(value)


def choice(options: type[StrEnum]) -> Kind:
    """Return the kind of the words of an enumeration."""

    def read(value: Any) -> StrEnum:
        if value not in tuple(options):
            raise ValueError(f"expected {' or '.join(map(_quoted, options))}, not {said(value)}")
        return options(value)

    return Kind(read, _quoted)


def choices(options: type[StrEnum]) -> Kind:
    """Return the kind of lists of the words of an enumeration."""
    one = choice(options)

    def read(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise ValueError(f"expected a list of {' and '.join(map(_quoted, options))}, not {said(value)}")
        return tuple(dict.fromkeys(map(one.read, value)))

    return Kind(read, lambda words: f"[{', '.join(map(_quoted, words))}]")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


DURATION = Kind(_duration, lambda seconds: _quoted(show_duration(seconds)))
LASTING = Kind(_lasting, DURATION.show)
SIZE = Kind(_size, lambda size: _quoted(show_size(size)))
MONEY = Kind(_money, lambda micro: str(micro / MICRO))
TRUTH = Kind(_truth, lambda truth: "true" if truth else "false")
TEXT = Kind(_text, _quoted)
COMMAND = Kind(_command, _quoted)
PORT = Kind(_port, str)
LOOPBACK = Kind(_loopback, _quoted)
ZONE = Kind(_zone, _quoted)
PATHS = Kind(_paths, lambda paths: f"[{', '.join(map(_quoted, paths))}]")
TEXTS = Kind(_texts, PATHS.show)
