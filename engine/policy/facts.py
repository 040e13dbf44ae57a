"""What the rules are given besides the view: the moment, the slots and the operator's settings."""

from datetime import UTC, datetime, tzinfo

from state.model.record import Noun
from state.model.when.window import Span, Window


class Active(Noun, frozen=True, kw_only=True):
    """A build that occupies a slot, and what it may touch."""

    label: str
    build: str
    repo: str
    paths: tuple[str, ...]


class Facts(Noun, frozen=True, kw_only=True):
    """The moment's facts. A fact that is None is missing, and a rule that needs it holds."""

    now: datetime
    slots: int
    active: tuple[Active, ...]
    stopped: bool
    """Whether the kill switch is engaged, by the journal or by the STOP file."""
    paused: bool
    slots_why: str = ""
    """Why there are this many slots, in words; empty when the settings say so for any time."""
    spans: tuple[Span, ...] = ()
    """The windows that are open now and in the time to come, in order; none without windows."""
    sandbox_trouble: str | None = None
    """Why no sandbox can be made on this machine; empty when one can; None when nobody has looked."""


class Rules(Noun, frozen=True, kw_only=True):
    """The operator's settings as far as they decide whether something may start."""

    budget_over: int
    """Micro-dollars above which a budget needs approval."""
    unsandboxed: frozenset[str] = frozenset()
    """Labels that the settings let run without a sandbox."""
    windows: tuple[Window, ...] = ()
    """The windows that are configured; none means that any time is fine."""
    zone: tzinfo = UTC
    """The operator's time zone, for words."""
