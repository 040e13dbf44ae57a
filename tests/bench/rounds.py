"""Measures contestants side by side: in rounds, each in turn, with a look at how calm the machine is before each."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

NOISY = 1.3
"""A round counts as noisy when the same idle work took this much longer before it than at its quickest."""
_SPIN = 60_000


def spin_s() -> float:
    """Do a fixed piece of idle work; return how long it took, which tells of neighbours and of the clock's speed."""
    began = time.perf_counter()
    total = 0
    for number in range(_SPIN):
        total += number
    return time.perf_counter() - began


@dataclass
class Contestant:
    """One thing that is measured again and again."""

    name: str
    once: Callable[[], Sequence[float]]
    """Takes the samples of one round."""
    rounds: list[list[float]] = field(default_factory=list)
    spins: list[float] = field(default_factory=list)
    trouble: str = ""
    """Why it could not be measured, or not to the end."""


@dataclass(frozen=True)
class Figures:
    """What all rounds of one contestant come to."""

    best: float
    """The median of its best round."""
    median: float
    """Of all samples."""
    p95: float
    """95 % of all samples are at least this good."""
    samples: int
    noisy: int
    rounds: int


def run(contestants: Sequence[Contestant], rounds: int, what: str) -> None:
    """Let everyone have his turn in each round, beginning with another one each time."""
    for number in range(rounds):
        turn = number % len(contestants)
        for contestant in (*contestants[turn:], *contestants[:turn]):
            if contestant.trouble:
                continue
            note(f"{what}: round {number + 1} of {rounds}: {contestant.name}")
            spin = spin_s()
            try:
                samples = list(contestant.once())
            except (OSError, ValueError, RuntimeError) as error:
                contestant.trouble = str(error) or repr(error)
                continue
            contestant.spins.append(spin)
            contestant.rounds.append(samples)
    note("")


def figures(contestant: Contestant, calm_s: float, *, higher: bool) -> Figures | None:
    """Sum up; `calm_s` is the quickest spin of the run. None when there is nothing to sum up."""
    kept = [samples for samples in contestant.rounds if samples]
    if not kept:
        return None
    everything = sorted((value for samples in kept for value in samples), reverse=higher)
    medians = [statistics.median(samples) for samples in kept]
    return Figures(
        best=max(medians) if higher else min(medians),
        median=statistics.median(everything),
        p95=everything[min(len(everything) - 1, int(len(everything) * 0.95))],
        samples=len(everything),
        noisy=sum(spin > NOISY * calm_s for spin in contestant.spins),
        rounds=len(contestant.rounds),
    )


def note(text: str) -> None:
    """Say on a terminal what is being done, over what was said before."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text[:100]}", end="", file=sys.stderr, flush=True)
