"""What came of tripping one guard."""

from collections.abc import Awaitable, Callable

from console.doctor.stand import Stand
from state.model.record import Noun


class Proof(Noun, frozen=True, kw_only=True):
    """One guard, whether it held when it was tripped, and what was seen."""

    guard: str
    tripped: bool
    """Whether it did what it is there for."""
    detail: str
    """What was tried and what came of it, in words."""


Trial = Callable[[Stand], Awaitable[Proof]]
"""Trips one guard."""


def seen(guard: str, held: bool, detail: str) -> Proof:
    """Return a proof from what was seen."""
    return Proof(guard=guard, tripped=held, detail=detail)
