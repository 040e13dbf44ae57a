"""A sum over a window of time that slides along with the clock."""

from collections import deque
from datetime import datetime, timedelta

STEPS = 60
"""What falls into the same part of the window is kept as one, and stops to count when the last of it does."""


class Sliding:
    """What was counted within the last `window_s` seconds."""

    def __init__(self, window_s: float) -> None:
        self.window = timedelta(seconds=window_s)
        self._step_s = window_s / STEPS
        self._kept: deque[tuple[int, datetime, int]] = deque()
        self.total = 0

    def add(self, at: datetime, amount: int) -> None:
        """Count an amount; one that comes out of order counts as if it came with the last."""
        if self._kept:
            at = max(at, self._kept[-1][1])
        step = int(at.timestamp() // self._step_s)
        if self._kept and self._kept[-1][0] == step:
            _, _, before = self._kept.pop()
            self._kept.append((step, at, before + amount))
        else:
            self._kept.append((step, at, amount))
        self.total += amount

    def forget(self, now: datetime) -> None:
        """Let go of what the window has left behind."""
        while self._kept and self._kept[0][1] + self.window <= now:
            self.total -= self._kept.popleft()[2]

    def frees(self) -> tuple[tuple[datetime, int], ...]:
        """Return when how much stops to count, the first first."""
        return tuple((at + self.window, amount) for _, at, amount in self._kept)
