"""What the tokens of language models cost by the settings, and which of them nobody has priced."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from fnmatch import fnmatchcase

import msgspec

from state.model.brakes.hold import Hold
from state.model.build import Build
from state.model.counts.tokens import Price, Tokens
from state.model.money import to_dollars

UNPRICED = "unpriced"
"""The figure that a build is held for: how many of its models have no price."""


def price_of(model: str, prices: Mapping[str, Price]) -> Price | None:
    """Return the price under the longest of the names, or patterns with `*` and `?`, that fits; a whole name first."""
    if model in prices:
        return prices[model]
    fitting = [name for name in prices if fnmatchcase(model, name)]
    return prices[max(fitting, key=lambda name: (len(name), name))] if fitting else None


def priced(used: Iterable[Tokens], prices: Mapping[str, Price]) -> tuple[Tokens, ...]:
    """Return the same tokens with what they cost now."""
    found = ((tokens, price_of(tokens.model, prices)) for tokens in used)
    return tuple(
        msgspec.structs.replace(tokens, priced=None if price is None else price.of(tokens)) for tokens, price in found
    )


def unsaid(used: Iterable[Tokens]) -> int:
    """Return what priced tokens cost beyond what the build said of them: of the two, the higher counts."""
    return sum(max((tokens.priced or 0) - tokens.said, 0) for tokens in used)


def unpriced(used: Iterable[Tokens]) -> tuple[str, ...]:
    """Return the models without a price."""
    return tuple(tokens.model for tokens in used if tokens.priced is None)


def keys(models: Iterable[str]) -> str:
    """Return what to write into the settings for these models."""
    return " and ".join(f'[prices."{model}"]' for model in models)


def missing(models: tuple[str, ...]) -> str:
    """Return, in words, that models have no price and what gives them one."""
    return f"{', '.join(models)} {'has' if len(models) == 1 else 'have'} no price: set {keys(models)} in midwatch.toml"


def broken(build: Build, used: Iterable[Tokens], now: datetime) -> Hold | None:
    """Return the hold for a build that uses models without a price; None where each has one."""
    models = unpriced(used)
    if not models:
        return None
    text = (
        f"{build.id} is frozen, since what it spends cannot be counted: {missing(models)}, then `midwatch approve "
        f"{build.label}` lets it go on; `midwatch deny {build.label}` kills it"
    )
    return Hold(figure=UNPRICED, used=float(len(models)), limit=0.0, text=text, since=now)


def differing(used: Iterable[Tokens]) -> tuple[str, ...]:
    """Return, in words, where what a build said and what its tokens cost are not the same."""
    return tuple(
        f"{tokens.model}: it said {to_dollars(tokens.said)}, {tokens.total:,} tokens cost "
        f"{to_dollars(tokens.priced)}; the higher counts"
        for tokens in used
        if tokens.said and tokens.priced is not None and to_dollars(tokens.said) != to_dollars(tokens.priced)
    )
