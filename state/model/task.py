"""A task: what is wanted, and how far it has come."""

from datetime import datetime
from enum import StrEnum

from state.model.brakes.veto import Veto
from state.model.record import Noun, Tagged, digest_of
from state.model.verdict import Finding


class Priority(StrEnum):
    """How much it matters; the queue's first order."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for high, 2 for low."""
        return _RANKS[self]


_RANKS = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


class Category(StrEnum):
    """What kind of change it is; decides who must agree."""

    PERFORMANCE = "performance"
    BUG_FIX = "bug_fix"
    DOCUMENTATION = "documentation"
    INFRASTRUCTURE = "infrastructure"
    NEW_FEATURE = "new_feature"
    EXTERNAL_ACTION = "external_action"
    CONFIGURATION = "configuration"
    RESEARCH = "research"
    """It changes nothing: what it makes is there to be read."""


class Effect(StrEnum):
    """What it does to the world outside its workspace."""

    EXTERNAL = "external"
    DESTRUCTIVE = "destructive"
    PRODUCTION = "production"
    FINANCIAL = "financial"
    ACCESS = "access"
    SENSITIVE_DATA = "sensitive_data"
    ARCHITECTURE = "architecture"


class WindowUse(StrEnum):
    """How a task stands to the windows in which tasks of its priority start."""

    FIT = "fit"
    """It starts where its estimate fits what is left of the window, and once started finishes whatever closes."""
    OVERRUN = "overrun"
    """It starts in any such window, however little of it is left, and finishes after its end."""
    STOP = "stop"
    """The same, but it is stopped when the window closes and starts anew in the next."""
    ANY = "any"
    """It starts at any time."""


class LimitOverrides(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one task asks for instead of the settings' limits; None keeps the setting. Bytes and seconds."""

    memory_bytes: int | None = None
    processes: int | None = None
    file_bytes: int | None = None
    open_files: int | None = None
    time_s: float | None = None
    output_bytes: int | None = None
    disk_bytes: int | None = None


class Spec(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the operator asked for. Money in micro-dollars, times in hours or aware UTC."""

    label: str
    title: str
    description: str = ""
    criteria: tuple[str, ...] = ()
    priority: Priority = Priority.MEDIUM
    category: Category = Category.NEW_FEATURE
    hours: float | None = None
    tech: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    repo: str = ""
    """Absolute path of a git repository; empty for an empty workspace."""
    branch: str = ""
    """The branch to merge into; empty for the one that is checked out."""
    command: str = ""
    verify: str = ""
    value: int = 0
    budget: int | None = None
    effects: tuple[Effect, ...] = ()
    start_at: datetime | None = None
    cron: str = ""
    """When it starts, again and again: after it is done it waits in the queue for the next of these times."""
    zone: str = ""
    """The time zone of `cron`; empty for the operator's."""
    window: WindowUse = WindowUse.FIT
    grace_s: float = 0.0
    """Seconds between SIGTERM and SIGKILL when it is killed; 0 kills at once."""
    limits: LimitOverrides = LimitOverrides()
    secrets: tuple[str, ...] = ()
    """Names of secrets that its builds are to be given; never their values."""
    source: str = ""
    """Who or what added it."""

    @property
    def digest(self) -> str:
        """What an approval to start is bound to."""
        return digest_of(self)


class Approval(Noun, frozen=True, kw_only=True):
    """The operator's yes, bound to the digest of what was shown."""

    by: str
    at: datetime
    digest: str


class Queued(Tagged, frozen=True, kw_only=True, tag="queued"):
    """Waits for a slot, a dependency or a time."""


class Held(Tagged, frozen=True, kw_only=True, tag="held"):
    """Something is missing; `findings` say what."""

    findings: tuple[Finding, ...]


class AwaitingApproval(Tagged, frozen=True, kw_only=True, tag="awaiting_approval"):
    """May start once the operator approves."""

    findings: tuple[Finding, ...]


class Building(Tagged, frozen=True, kw_only=True, tag="building"):
    """An attempt is being made."""

    build: str


class Verifying(Tagged, frozen=True, kw_only=True, tag="verifying"):
    """The attempt ended well and its result is being checked or delivered."""

    build: str


class AwaitingReview(Tagged, frozen=True, kw_only=True, tag="awaiting_review"):
    """The verified result waits for the operator, or for the way to be clear (`blocked` says what stands in it)."""

    build: str
    digest: str
    blocked: str = ""


class Retrying(Tagged, frozen=True, kw_only=True, tag="retrying"):
    """Failed; tries again at `at`."""

    at: datetime
    text: str


class Done(Tagged, frozen=True, kw_only=True, tag="done"):
    """Finished; `note` says how."""

    build: str
    note: str
    at: datetime


class Failed(Tagged, frozen=True, kw_only=True, tag="failed"):
    """Given up; `text` says why."""

    build: str
    text: str
    at: datetime


class Killed(Tagged, frozen=True, kw_only=True, tag="killed"):
    """Stopped or denied by the operator."""

    build: str
    text: str
    at: datetime


class Unknown(Tagged, frozen=True, kw_only=True, tag="unknown"):
    """What happened to its build cannot be proven; never run again by itself."""

    build: str
    text: str
    at: datetime


TaskState = (
    Queued
    | Held
    | AwaitingApproval
    | Building
    | Verifying
    | AwaitingReview
    | Retrying
    | Done
    | Failed
    | Killed
    | Unknown
)


class Task(Noun, frozen=True, kw_only=True):
    """A spec, its state and what has been decided about it."""

    spec: Spec
    state: TaskState
    added_at: datetime
    failures: int = 0
    attempts: int = 0
    approval: Approval | None = None
    slot: datetime | None = None
    """The time of its cron expression that it waits for, or that its present attempts are for."""
    rounds: int = 0
    """How often it was done by its cron expression."""
    forced: bool = False
    """Spawned by the operator directly: the spawn is the approval."""
    doubt: str = ""
    """Why nobody but the operator may let it start, in words, whatever the rules say; it came from outside."""
    veto: Veto | None = None
    """The operator's latest no to what the engine decided about it."""

    @property
    def label(self) -> str:
        """The unique name."""
        return self.spec.label

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.spec.label

    @property
    def state_name(self) -> str:
        """`queued`, `held` and so on."""
        return state_name(self.state)

    @property
    def build(self) -> str:
        """The build of its present state, or an empty string."""
        return getattr(self.state, "build", "")

    @property
    def approved(self) -> bool:
        """Whether the operator agreed to a start of exactly this spec."""
        return self.approval is not None and self.approval.digest == self.spec.digest


def state_name(state: TaskState) -> str:
    """Return the tag of a task's state."""
    tag = type(state).__struct_config__.tag
    return str(tag)
