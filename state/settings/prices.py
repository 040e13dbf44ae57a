"""Which keys of `midwatch.toml` say what a token costs."""

import re
from typing import TYPE_CHECKING, Any

from state import units
from state.model.counts.tokens import Price
from state.model.money import MICRO
from state.settings.brakes import Unpriced
from state.settings.forms import Key, Named

if TYPE_CHECKING:
    from state.settings.values import Settings

_MOST = 10_000
"""Dollars for a million tokens: with it no count of tokens costs more than can be kept."""


def _read(value: Any) -> int:
    micro: int = units.MONEY.read(value)
    if micro > _MOST * MICRO:
        raise ValueError(f"expected at most {_MOST:,} dollars for a million tokens, not {units.said(value)}")
    return micro


def _make(name: str, told: dict[str, Any], settings: "Settings") -> Price:
    return Price(**told)


_DOLLARS = units.Kind(_read, units.MONEY.show)
PRICES = Named(
    'US dollars for a million tokens. NAME is a model or a pattern such as "small-*"; the longest counts.',
    (
        Key("in", "taken", _DOLLARS, "Of those that the model is given."),
        Key("out", "made", _DOLLARS, "Of those that it gives back."),
        Key("cached", "cached", _DOLLARS, "Of those that it reads from a cache; without this as much as the first."),
    ),
    ("in", "out"),
    _make,
    Price(taken=3 * MICRO, made=15 * MICRO, cached=MICRO // 2),
    {},
    re.compile(r"[A-Za-z0-9*?][A-Za-z0-9._:/@+*?-]{0,63}"),
    "the name of a model is made of letters, digits and . _ : / @ + -, with * and ? in a pattern, at most 64 of them",
    (
        Key(
            "unpriced",
            "unpriced",
            units.choice(Unpriced),
            'A model has no price: "hold" has its build wait; "pause" has everything wait.',
        ),
    ),
)
