"""What a build says that it used: lines such as `::usage calls=3 usd=0.12`, read as plain text."""

import re
from decimal import ROUND_CEILING, Decimal

from state.model.money import MICRO

MARK = b"::usage"
_LINE = re.compile(r"\s*::usage((?:\s+[a-z_]{1,20}=[0-9.]{1,20}){1,8})\s*")
_PAIR = re.compile(r"([a-z_]+)=(\S+)")
_CALLS = re.compile(r"[0-9]{1,9}")
_DOLLARS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{0,9})?")


def read(line: str) -> tuple[int, int] | None:
    """Return the calls and the micro-dollars that a line tells of; None when it is no such line, or not a whole one.

    Parts of a micro-dollar are rounded up: nothing that was spent counts as nothing.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    calls, micro = 0, 0
    for name, value in _PAIR.findall(found[1]):
        if name == "calls" and _CALLS.fullmatch(value):
            calls += int(value)
        elif name == "usd" and _DOLLARS.fullmatch(value):
            micro += int((Decimal(value) * MICRO).to_integral_value(ROUND_CEILING))
        else:
            return None
    return calls, micro
