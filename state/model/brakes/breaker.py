"""A circuit breaker: whether what one runner builds in one repository is worth another try."""

from datetime import datetime

from state.model.record import Noun, Tagged


class Closed(Tagged, frozen=True, kw_only=True, tag="closed"):
    """Builds may start."""


class Open(Tagged, frozen=True, kw_only=True, tag="open"):
    """No build starts before `until`; from then on one does, to see whether it is mended."""

    since: datetime
    until: datetime


class HalfOpen(Tagged, frozen=True, kw_only=True, tag="half_open"):
    """One build tries whether it is mended; the others wait for what comes of it."""

    since: datetime
    build: str


BreakerState = Closed | Open | HalfOpen


class Breaker(Noun, frozen=True, kw_only=True):
    """What the latest builds of one runner in one repository came to."""

    runner: str
    repo: str
    """Absolute path of the repository; empty for builds without one."""
    state: BreakerState = Closed()
    failures: int = 0
    """Builds that failed in a row, whosever they were."""
    unchanged: int = 0
    """Builds in a row that succeeded and changed nothing."""
    opened: int = 0
    """How often it opened since it was closed for good: each time it stays open for longer."""
    text: str = ""
    """What it opened for, in words."""

    @property
    def key(self) -> str:
        """The record's key in its table, such as `command:/srv/code`."""
        return breaker_key(self.runner, self.repo)

    @property
    def subject(self) -> str:
        """What the question about it is filed under while it is open."""
        return f"breaker:{self.key}"

    @property
    def state_name(self) -> str:
        """`closed`, `open` or `half_open`."""
        return str(type(self.state).__struct_config__.tag)


COMMAND = "command"
"""The runner of every build that is a command line of its task's."""


def breaker_key(runner: str, repo: str) -> str:
    """Return the key of the breaker for a runner in a repository; `-` stands for no repository."""
    return f"{runner}:{repo.rstrip('/') or '-'}"
