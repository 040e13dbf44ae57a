"""What a build says that it used: lines such as `::usage calls=3 usd=0.12`, read as plain text."""

import re
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

import msgspec

from state.model.counts.tokens import Tokens
from state.model.money import MICRO

MARK = b"::usage"
UNNAMED = "unnamed"
"""The model of tokens that are told without one: no settings can price it but by a `*`."""
OTHERS = "others"
"""The model under which all are counted that one build names beyond the first few."""
MOST_MODELS = 16
"""So many models of one build are told apart."""
MOST_TOKENS = 10**12
"""More of one kind and model than this is counted as this: no build's word makes a figure that cannot be kept."""
MOST_MICRO = 10**15
MOST_CALLS = 10**12

_LINE = re.compile(r"\s*::usage((?:\s+[a-z_]{1,20}=\S{1,64}){1,8})\s*")
_PAIR = re.compile(r"([a-z_]+)=(\S+)")
_CALLS = re.compile(r"[0-9]{1,9}")
_TOKENS = re.compile(r"[0-9]{1,12}")
_DOLLARS = re.compile(r"[0-9]{1,7}(?:\.[0-9]{0,9})?")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,63}")
_KINDS = {"in": "taken", "cached": "cached", "out": "made"}


class Said(NamedTuple):
    """What one line tells of: calls, micro-dollars and the tokens of one model, if it names one."""

    calls: int = 0
    spent: int = 0
    tokens: Tokens | None = None


def read(line: str) -> Said | None:
    """Return what a line tells of; None when it is no such line, or not a whole one.

    Parts of a micro-dollar are rounded up: nothing that was spent counts as nothing.
    """
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    calls, micro, model = 0, 0, ""
    counts: dict[str, int] = {}
    for name, value in _PAIR.findall(found[1]):
        if name == "calls" and _CALLS.fullmatch(value):
            calls += int(value)
        elif name == "usd" and _DOLLARS.fullmatch(value):
            micro += int((Decimal(value) * MICRO).to_integral_value(ROUND_CEILING))
        elif name in _KINDS and _TOKENS.fullmatch(value):
            counts[_KINDS[name]] = counts.get(_KINDS[name], 0) + int(value)
        elif name == "model" and not model and _MODEL.fullmatch(value):
            model = value
        else:
            return None
    if not (model or counts):
        return Said(calls, micro)
    return Said(calls, micro, Tokens(model=model or UNNAMED, said=micro, **counts))


class Tally:
    """All that one build said so far."""

    def __init__(self) -> None:
        self.calls = 0
        self.spent = 0
        """Micro-dollars, those for models among them."""
        self._models: dict[str, Tokens] = {}

    @property
    def tokens(self) -> tuple[Tokens, ...]:
        """What it used of each model, in the order in which it named them."""
        return tuple(self._models.values())

    def add(self, said: Said) -> None:
        """Count one line more."""
        self.calls = min(self.calls + said.calls, MOST_CALLS)
        self.spent = min(self.spent + said.spent, MOST_MICRO)
        if said.tokens is not None:
            name = said.tokens.model
            if name not in self._models and len(self._models) >= MOST_MODELS:
                name = OTHERS
            self._models[name] = _sum(self._models.get(name, Tokens(model=name)), said.tokens)


def _sum(one: Tokens, more: Tokens) -> Tokens:
    return msgspec.structs.replace(
        one,
        taken=min(one.taken + more.taken, MOST_TOKENS),
        cached=min(one.cached + more.cached, MOST_TOKENS),
        made=min(one.made + more.made, MOST_TOKENS),
        said=min(one.said + more.said, MOST_MICRO),
    )
