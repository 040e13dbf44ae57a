"""What one build called and spent, counted from two sources and across restarts of the engine."""

import msgspec

from state.model import build as b
from state.model.progress import Progress

_NOTED_EVERY_S = 5.0
"""The shortest time between two records of what a build used."""


class Use:
    """What the build says of itself on its output, and what others counted for it."""

    def __init__(self, build: b.Build, *, adopted: bool) -> None:
        self.latest: Progress | None = None
        """The build's figures with all that is counted in them; None before the first."""
        self._said: Progress | None = None
        # What an engine before this one counted: as far as the output does not say it again, it is carried on.
        self._before = (build.calls, build.spent) if adopted else (0, 0)
        self._carried: tuple[int, int] | None = None
        self._calls = 0
        self._spent = 0
        self._noted_at = -_NOTED_EVERY_S
        self._most_bytes = 0

    def add(self, calls: int, micro: int) -> None:
        """Count what somebody else saw the build use."""
        self._calls += calls
        self._spent += micro
        if self._said is not None:
            self.latest = self.total(self._said)

    def seen(self, progress: Progress) -> None:
        """Take what the monitor saw last."""
        self._said = progress
        self.latest = self.total(progress)

    def total(self, progress: Progress) -> Progress:
        """Return the monitor's figures with all that is counted in them."""
        if self._carried is None:
            calls, spent = self._before
            self._carried = (max(calls - progress.calls, 0), max(spent - progress.spent, 0))
        calls, spent = self._carried
        self._most_bytes = max(self._most_bytes, progress.memory_bytes)
        return msgspec.structs.replace(
            progress,
            calls=progress.calls + calls + self._calls,
            spent=progress.spent + spent + self._spent,
            memory_most_bytes=self._most_bytes,
        )

    def noted(self, build: b.Build, now_s: float) -> b.Build | None:
        """Return the build with its use, when that is to be recorded now; `now_s` is a monotonic clock's."""
        if self.latest is None or (self.latest.calls, self.latest.spent) == (build.calls, build.spent):
            return None
        if now_s - self._noted_at < _NOTED_EVERY_S:
            return None
        self._noted_at = now_s
        return msgspec.structs.replace(build, calls=self.latest.calls, spent=self.latest.spent)
