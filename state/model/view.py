"""A view: an immutable, numbered picture of everything."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.brakes.raised import Raised
from state.model.brakes.safekeeping import Safekeeping
from state.model.brakes.usage import Usage, Used
from state.model.build import Build
from state.model.control import Control
from state.model.counts.waits import Waits
from state.model.escalation import Escalation
from state.model.learning.pattern import Pattern
from state.model.learning.problem import Problem
from state.model.links.goal import Researched
from state.model.links.mail import Correspondence, Mailbox
from state.model.progress import Progress
from state.model.record import Noun
from state.model.signals.heartbeat import Heartbeat
from state.model.signals.signal import Signal
from state.model.task import Task
from state.model.when.context import Situation
from state.model.when.schedule import ScheduleState

Record = (
    Task
    | Build
    | Escalation
    | Anomaly
    | Control
    | ScheduleState
    | Safekeeping
    | Breaker
    | Used
    | KillUse
    | Raised
    | Problem
    | Pattern
    | Signal
    | Heartbeat
    | Mailbox
    | Correspondence
    | Researched
)
"""What a commit writes: the new form of one document."""


class EngineInfo(Noun, frozen=True, kw_only=True):
    """Who is deciding, and under what."""

    pid: int = 0
    mode: str = "stopped"
    """`hosted` in a console, `headless`, or `stopped`."""
    started_at: datetime | None = None
    slots: int = 0
    stop_file: bool = False
    """Whether the STOP file is there, whatever the journal says."""
    sandbox: str | None = None
    """Why no sandbox can be made here; empty when one can; None when nobody has looked."""
    situation: Situation | None = None
    """The kind of time it is; None when nobody has looked."""
    settings: str = ""
    """What is wrong with the settings as they were saved last; the ones before them hold."""
    noticed: tuple[str, ...] = ()
    """The latest of the operator's files that changed, in words."""
    limits: tuple[Usage, ...] = ()
    """How much of each limit on what all builds use together is taken."""
    trouble: str = ""
    """Why it cannot work as it should, in words; empty when all is well."""
    waits: Waits = Waits()
    """How long its changes took until they were durable; told with the whole, and not each time that it changes."""


class View(Noun, frozen=True, kw_only=True):
    """Everything at one moment. Maps go from key to record and must not be changed."""

    number: int = 0
    at: datetime
    engine: EngineInfo = EngineInfo()
    control: Control = Control()
    safekeeping: Safekeeping = Safekeeping()
    heartbeat: Heartbeat = Heartbeat()
    tasks: Mapping[str, Task] = msgspec.field(default_factory=dict)
    builds: Mapping[str, Build] = msgspec.field(default_factory=dict)
    escalations: Mapping[str, Escalation] = msgspec.field(default_factory=dict)
    anomalies: Mapping[str, Anomaly] = msgspec.field(default_factory=dict)
    schedules: Mapping[str, ScheduleState] = msgspec.field(default_factory=dict)
    kill_uses: Mapping[str, KillUse] = msgspec.field(default_factory=dict)
    breakers: Mapping[str, Breaker] = msgspec.field(default_factory=dict)
    problems: Mapping[str, Problem] = msgspec.field(default_factory=dict)
    raised: Mapping[str, Raised] = msgspec.field(default_factory=dict)
    patterns: Mapping[str, Pattern] = msgspec.field(default_factory=dict)
    """Read when they are asked for, and not followed: they change once a day."""
    mailboxes: Mapping[str, Mailbox] = msgspec.field(default_factory=dict)
    mails: Mapping[str, Correspondence] = msgspec.field(default_factory=dict)
    goals: Mapping[str, Researched] = msgspec.field(default_factory=dict)
    progress: Mapping[str, Progress] = msgspec.field(default_factory=dict)


class Delta(Noun, frozen=True, kw_only=True):
    """What changed since the number before: newer records replace older ones of the same key."""

    number: int
    at: datetime
    engine: EngineInfo | None = None
    control: Control | None = None
    tasks: tuple[Task, ...] = ()
    builds: tuple[Build, ...] = ()
    escalations: tuple[Escalation, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    schedules: tuple[ScheduleState, ...] = ()
    kill_uses: tuple[KillUse, ...] = ()
    breakers: tuple[Breaker, ...] = ()
    problems: tuple[Problem, ...] = ()
    progress: tuple[Progress, ...] = ()
    skipped: int = 0
    """How many older forms of these records were left out because the reader was slow."""
