"""A build: one attempt at a task, and the four things that are proven about it."""

from datetime import datetime
from enum import StrEnum

from state.model.brakes.hold import Hold
from state.model.brakes.reversal import Deed, Reversal
from state.model.counts.tokens import Tokens
from state.model.money import MICRO
from state.model.record import Noun, Tagged
from state.model.task import Approval


class Result(StrEnum):
    """What is known of one check."""

    PENDING = "pending"
    YES = "yes"
    NO = "no"
    NONE = "none"
    """Does not apply."""


class Check(Noun, frozen=True, kw_only=True):
    """One of the separate answers on a build."""

    result: Result = Result.PENDING
    text: str = ""
    at: datetime | None = None


class Limits(Noun, frozen=True, kw_only=True):
    """The limits that a build runs under: bytes, counts and seconds."""

    memory_bytes: int
    processes: int
    file_bytes: int
    open_files: int
    time_s: float
    output_bytes: int
    disk_bytes: int
    tmp_bytes: int
    hold_s: float = 12 * 3600.0
    """How long it may stand still in all, waiting for the operator, before it is killed."""
    spent: int = 100 * MICRO
    """Micro-dollars; 0 is no limit, as for the two below."""
    files: int = 10
    """Changed files; each path counts once."""
    calls: int = 1000
    """API calls."""


class Preparing(Tagged, frozen=True, kw_only=True, tag="preparing"):
    """Its workspace is being made; nothing of it has run."""


class Starting(Tagged, frozen=True, kw_only=True, tag="starting"):
    """About to be spawned; `token` is in the environment of its outermost process."""

    token: str


class Running(Tagged, frozen=True, kw_only=True, tag="running"):
    """Its command runs. A process is named by pid, start time and boot, never by pid alone."""

    token: str
    pid: int
    start_ticks: int
    boot: str


class Ended(Tagged, frozen=True, kw_only=True, tag="ended"):
    """Its command ended; the result is being collected."""

    exit_code: int


class Checking(Tagged, frozen=True, kw_only=True, tag="checking"):
    """Its verify command runs on a copy of `candidate` (a commit; empty without a repository)."""

    candidate: str


class Reviewing(Tagged, frozen=True, kw_only=True, tag="reviewing"):
    """Verified; waits for the operator or for the way to be clear."""

    digest: str


class Delivering(Tagged, frozen=True, kw_only=True, tag="delivering"):
    """Being merged: the branch goes from commit `old` to commit `new`."""

    old: str
    new: str


class Finished(Tagged, frozen=True, kw_only=True, tag="finished"):
    """Over: `ending` is done, failed, killed or unknown; `text` says how."""

    ending: str
    text: str
    at: datetime


BuildState = Preparing | Starting | Running | Ended | Checking | Reviewing | Delivering | Finished


class Build(Noun, frozen=True, kw_only=True):
    """One attempt: where it started from, how far it is and what is proven about it."""

    id: str
    label: str
    attempt: int
    created_at: datetime
    state: BuildState
    limits: Limits
    sandboxed: bool = True
    repo: str = ""
    branch: str = ""
    base: str = ""
    """The commit that it started from."""
    result: str = ""
    """The commit that holds what it made; empty when nothing changed or there is no repository."""
    version: str = ""
    """Which version of the rules let it start, while a roll-out is under way: `ID:candidate` or `ID:base`."""
    merged: str = ""
    """The commit by which it was merged."""
    digest: str = ""
    """SHA-256 of the diff that an approval is bound to."""
    files_changed: int = 0
    deliverables: tuple[str, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    percent: int = 0
    step: str = ""
    cpu_s: float = 0.0
    output_bytes: int | None = None
    """What it printed; None while it runs, and where nobody measured it."""
    memory_bytes: int | None = None
    """The most memory that its processes were seen to hold at once; None like `output_bytes`."""
    calls: int = 0
    """API calls that it made, or said that it made."""
    spent: int = 0
    """Money that it spent, or said that it spent, in micro-dollars."""
    tokens: tuple[Tokens, ...] = ()
    """What it said that it used of each language model."""
    hold: Hold | None = None
    """Why it is frozen; None while it runs."""
    held_s: float = 0.0
    """How long it was frozen before now, which counts as no time of its own."""
    allowed: dict[str, float] = {}
    """By figure, how far the operator let this build go beyond the limits of the settings."""
    did: tuple[Deed, ...] = ()
    """What it said that it did outside, in order."""
    reversal: Reversal | None = None
    """Set while it is being taken back."""
    approval: Approval | None = None
    """The operator's yes to merging exactly the diff with this digest."""
    kill_by: str = ""
    """Who asked for its death; set before it is killed, so that its end is never a riddle."""
    fail_by: str = ""
    """Who counted it as failed by hand."""
    notes: tuple[str, ...] = ()
    """What the operator should know of how it ran, such as output that was cut."""
    executed: Check = Check()
    verified: Check = Check()
    delivered: Check = Check()
    reverted: Check = Check(result=Result.NONE)

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return self.id

    @property
    def approved(self) -> bool:
        """Whether the operator agreed to merge exactly this diff."""
        return self.approval is not None and bool(self.digest) and self.approval.digest == self.digest

    @property
    def occupies(self) -> bool:
        """Whether it takes one of the slots: a build that waits for the operator gives its slot back."""
        return not isinstance(self.state, Reviewing | Finished)

    @property
    def over(self) -> bool:
        """Whether it has finished."""
        return isinstance(self.state, Finished)

    @property
    def state_name(self) -> str:
        """`preparing`, `running` and so on."""
        return str(type(self.state).__struct_config__.tag)
