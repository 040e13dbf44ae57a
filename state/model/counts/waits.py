"""Waits for the disk: how long each change took until it was durable, counted in classes."""

from bisect import bisect_left

import msgspec

from state.model.record import Noun

ENDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""The longest wait in each class, in seconds; one more class holds what was longer."""


class Waits(Noun, frozen=True, kw_only=True):
    """All of them since the engine began."""

    counts: tuple[int, ...] = (0,) * (len(ENDS_S) + 1)
    """By class."""
    sum_s: float = 0.0
    most_s: float = 0.0
    """The longest."""

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self.counts)

    def with_one(self, took_s: float) -> "Waits":
        """Return them with one more."""
        place = bisect_left(ENDS_S, took_s)
        counts = (*self.counts[:place], self.counts[place] + 1, *self.counts[place + 1 :])
        return msgspec.structs.replace(self, counts=counts, sum_s=self.sum_s + took_s, most_s=max(self.most_s, took_s))

    def within_s(self, share: float) -> float:
        """Return within how many seconds a share of them was over, as the end of a class; 0 without any."""
        wanted, sofar = share * self.count, 0
        for end_s, count in zip((*ENDS_S, self.most_s), self.counts, strict=True):
            sofar += count
            if sofar and sofar >= wanted:
                return min(end_s, self.most_s)
        return 0.0
