"""What the rules are given besides the view: the moment, the slots and the operator's settings."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from engine.policy.approvals import SELF_STARTING
from engine.policy.limits.legal import Ruled
from state.model.brakes.usage import Amount, Usage
from state.model.record import Noun
from state.model.task import Category
from state.model.when.window import Span, Window


class Active(Noun, frozen=True, kw_only=True):
    """A build that occupies a slot, and what it may touch."""

    label: str
    build: str
    repo: str
    paths: tuple[str, ...]
    category: Category | None = None
    rest: Amount = Amount()
    """What it is still taken to use."""
    held: bool = False
    """Whether it stands still and waits for the operator: then another may have its slot."""


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
    usage: tuple[Usage, ...] = ()
    """How much of each limit on what all builds use together is taken."""
    night: tuple[datetime, ...] = ()
    """From when to when the night lasts that it is; empty by day, and where nothing is limited in nights."""
    usual: Mapping[Category, Amount] = {}
    """What builds of a category use, by the median of those so far."""
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
    ruled: Ruled = Ruled()
    """What is ruled out for reasons of law."""
    secrets: frozenset[str] = frozenset()
    """The names of the secrets that the settings know."""
    granted: Mapping[str, frozenset[str]] = {}
    """By label, the secrets that the settings grant without asking."""
    self_starting: frozenset[Category] = frozenset(SELF_STARTING)
    """The categories that start without asking."""
    zone: tzinfo = UTC
    """The operator's time zone, for words."""
