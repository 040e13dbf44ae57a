"""How sure one can be of a share, a middle or a coincidence, given how little was seen."""

import math
from collections.abc import Sequence

from state.model.record import Noun

Z = 1.6449
"""What a normal distribution exceeds once in twenty times: intervals here hold what they are meant to 9 times of 10."""
MISSED_EACH_SIDE = 20
"""An interval of 90 % lies above what it is meant to hold once in twenty times, and below it as often."""
LEAST = 5
"""From fewer cases nothing is concluded on a share or a middle."""
_MANY = 20_000
"""Tosses of so many coins are as good as normally distributed, and counting their ways takes long."""
FADES = 10
"""After so many further occasions one counts half as much: what was once a routine is given up as it was taken up."""


class Sure(Noun, frozen=True, kw_only=True):
    """How likely something is on the next occasion, by what was seen on the ones before."""

    confidence: float
    """By Laplace's rule of succession over the faded counts: never 0 or 1, and a half where nothing was seen."""
    low: float
    high: float
    """Wilson's interval of 90 % for the share of occasions."""
    hits: int
    n: int
    """The occasions that were looked at, unfaded."""


def wilson(successes: float, n: float) -> tuple[float, float]:
    """Return where a share lies with 90 % confidence (Wilson 1927); counts may be weighed, and of none all is open."""
    if n <= 0:
        return 0.0, 1.0
    share, square = successes / n, Z * Z
    middle = (share + square / (2 * n)) / (1 + square / n)
    reach = Z / (1 + square / n) * math.sqrt(max(0.0, share * (1 - share)) / n + square / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def sure(occasions: Sequence[bool]) -> Sure:
    """Return how likely it is on the next occasion; `occasions` are those seen, the latest first."""
    fade = 0.5 ** (1 / FADES)
    weight, hits, n = 1.0, 0.0, 0.0
    for hit in occasions:
        hits += weight * hit
        n += weight
        weight *= fade
    low, high = wilson(hits, n)
    return Sure(confidence=(hits + 1) / (n + 2), low=low, high=high, hits=sum(occasions), n=len(occasions))


def log_chance(hits: int, n: int, by_chance: float) -> float:
    """Return the logarithm of a bound on how likely at least `hits` of `n` are if each has the odds `by_chance`.

    Chernoff's bound by the relative entropy: never below the binomial tail itself. 0, which is certainty, where there
    are no more hits than chance gives.
    """
    if not n or hits <= n * by_chance:
        return 0.0
    if by_chance <= 0:
        return -math.inf
    share = hits / n
    lost = (1 - share) * math.log((1 - share) / (1 - by_chance)) if share < 1 else 0.0
    return -n * (share * math.log(share / by_chance) + lost)


def middle(ordered: Sequence[float]) -> float:
    """Return the median of values in order; ValueError of none."""
    if not ordered:
        raise ValueError("nothing has no middle")
    n = len(ordered)
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2


def of_middle(ordered: Sequence[float]) -> tuple[float, float]:
    """Return where the median of what values in order were drawn from lies, with 90 % confidence at least.

    The k-th smallest and the k-th largest of n miss it as often as fewer than k of n tosses of a coin show heads, on
    either side (David and Nagaraja, Order Statistics, 7.1). With fewer than five values not even the ends are sure
    enough, and nothing is excluded.
    """
    n = len(ordered)
    if n < LEAST:
        return -math.inf, math.inf
    if n > _MANY:
        rank = max(0, math.floor(n / 2 - Z * math.sqrt(n) / 2) - 1)
        return ordered[rank], ordered[n - rank - 1]
    rank, ways, fewer = 0, n, 1
    # Of 2 ** n ways for the coin to fall, `fewer` show at most `rank` heads and `ways` one more than that.
    while (fewer + ways) * MISSED_EACH_SIDE <= 1 << n:
        rank, fewer = rank + 1, fewer + ways
        ways = ways * (n - rank) // (rank + 1)
    return ordered[rank], ordered[n - rank - 1]
