"""Commands: what a face may ask the engine to do."""

from datetime import date, datetime

from state.model.brakes.kill_use import KillUse, Means
from state.model.brakes.rollout import Overrides, Promote
from state.model.brakes.safekeeping import Rehearsal, Snapshot
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.learning.commands import BeginFixes, NoteProblems, RecordFixes
from state.model.learning.pattern import Pattern
from state.model.links.mail import Letter, Mailbox
from state.model.mode import Mode
from state.model.record import Noun, Tagged
from state.model.signals.signal import Signal
from state.model.task import Spec, Task
from state.model.when.context import Context


class AddTasks(Tagged, frozen=True, kw_only=True, tag="add"):
    """Put tasks in the queue, all or none."""

    specs: tuple[Spec, ...]


class SpawnTask(Tagged, frozen=True, kw_only=True, tag="spawn"):
    """Put one task in the queue that needs no approval to start: the operator asks for it now."""

    spec: Spec


class Approve(Tagged, frozen=True, kw_only=True, tag="approve"):
    """Say yes to what is open on a task; `digest` is that of what was shown."""

    label: str
    digest: str
    why: str = ""


class Deny(Tagged, frozen=True, kw_only=True, tag="deny"):
    """Say no to what is open on a task."""

    label: str
    digest: str
    why: str = ""


class Kill(Tagged, frozen=True, kw_only=True, tag="kill"):
    """End a task's running build, with all that it started. `build` guards against a newer one."""

    label: str
    build: str = ""
    why: str = ""


class KillAll(Tagged, frozen=True, kw_only=True, tag="kill_all"):
    """Engage the kill switch."""

    why: str = ""
    means: Means = Means.KEY
    """How whoever asks came to do so."""


class RecordUses(Tagged, frozen=True, kw_only=True, tag="record_uses"):
    """Put uses of the kill switch on record, which are over: what was measured, in earnest or in a rehearsal."""

    uses: tuple[KillUse, ...]


class Arm(Tagged, frozen=True, kw_only=True, tag="arm"):
    """Release the kill switch."""

    why: str = ""


class RaiseLimit(Tagged, frozen=True, kw_only=True, tag="raise_limit"):
    """Raise for the rest of the day the limit at which a task's build stands still; `digest` is of what was shown."""

    label: str
    digest: str
    to: float | None = None
    """In the figure's own unit, money in micro-dollars; None raises it by as much as it is."""
    why: str = ""


class Fail(Tagged, frozen=True, kw_only=True, tag="fail"):
    """Count the present build as failed, by hand."""

    label: str
    why: str = ""


class Retry(Tagged, frozen=True, kw_only=True, tag="retry"):
    """Queue a task again that has ended, or try a blocked delivery again."""

    label: str
    why: str = ""


class Pause(Tagged, frozen=True, kw_only=True, tag="pause"):
    """Start nothing more (`on`), or go on."""

    on: bool
    why: str = ""


class ReportFault(Tagged, frozen=True, kw_only=True, tag="report_fault"):
    """Say that the engine's own footing cannot be trusted, such as a damaged record: decide nothing more."""

    text: str


class Undo(Tagged, frozen=True, kw_only=True, tag="undo"):
    """Take back a build (named by it or its task) or the entry of that number; `preview` only says what it would do."""

    what: str
    preview: bool = False
    why: str = ""


class ResetBreaker(Tagged, frozen=True, kw_only=True, tag="reset_breaker"):
    """Let builds start again where too many failed or changed nothing, without waiting for one that tries."""

    key: str
    why: str = ""


class StartRollout(Tagged, frozen=True, kw_only=True, tag="start_rollout"):
    """Let other rules decide about a few tasks, and about more step by step."""

    name: str
    overrides: Overrides
    promote: Promote = Promote.RULE
    samples: int = 20
    margin: float = 0.1
    why: str = ""


class SteerRollout(Tagged, frozen=True, kw_only=True, tag="steer_rollout"):
    """Take the roll-out to its next stage (`on`), or back to none."""

    on: bool
    why: str = ""


class CaptainOverride(Tagged, frozen=True, kw_only=True, tag="captain_override"):
    """Overrule what the engine decided in the entry of this number, and reverse what came of it."""

    seq: int
    why: str = ""


class SetMode(Tagged, frozen=True, kw_only=True, tag="set_mode"):
    """Carry out what is decided from now on, or only write it down."""

    mode: Mode
    why: str = ""


class PauseSchedule(Tagged, frozen=True, kw_only=True, tag="pause_schedule"):
    """Let a schedule's slots pass (`on`), or go on with the ones that lie ahead."""

    name: str
    on: bool
    why: str = ""


class RunSchedule(Tagged, frozen=True, kw_only=True, tag="run_schedule"):
    """Run a schedule's command now, whatever its times."""

    name: str
    why: str = ""


class SetContext(Tagged, frozen=True, kw_only=True, tag="set_context"):
    """Say what kind of time it is, whatever windows and calendar say, until a moment or until it is cleared."""

    context: Context
    until: datetime | None = None
    why: str = ""


class ClearContext(Tagged, frozen=True, kw_only=True, tag="clear_context"):
    """Let windows and calendar say again what kind of time it is."""

    why: str = ""


class PruneAudit(Tagged, frozen=True, kw_only=True, tag="prune_audit"):
    """Take out of the record what is older than a day, or than the settings keep it."""

    before: date | None = None


class Erase(Tagged, frozen=True, kw_only=True, tag="erase"):
    """Take a person's words out of everything that is kept; the words themselves are never written down."""

    subject: str


class RecordSnapshot(Tagged, frozen=True, kw_only=True, tag="record_snapshot"):
    """Put a snapshot that was made, or the rehearsal of one, on record."""

    snapshot: Snapshot | None = None
    rehearsal: Rehearsal | None = None


class Restore(Tagged, frozen=True, kw_only=True, tag="restore"):
    """Bring back what was wanted at an earlier moment. What has happened since stays on record."""

    mark: str
    """Names this restore; its files are put in place once it is on record."""
    snapshot: str
    before: str
    """The snapshot of what is replaced."""
    seq: int = 0
    """The entry whose state comes back; 0 leaves the state as it is."""
    tasks: tuple[Task, ...] = ()
    """Tasks as they were then, as far as they differ."""
    later: tuple[str, ...] = ()
    """Tasks that were not there then."""
    questions: tuple[Escalation, ...] = ()
    """What waited for the operator then."""
    control: Control | None = None
    paused: tuple[str, ...] = ()
    """The schedules that were paused then."""
    why: str = ""


class TakeSignal(Tagged, frozen=True, kw_only=True, tag="take_signal"):
    """Decide what becomes of a signal, once and for all; its words are not to be believed."""

    signal: Signal
    spec: Spec | None = None
    """The task that it asks for."""
    unfit: str = ""
    """Why what it asks for is no task."""


class SetAside(Tagged, frozen=True, kw_only=True, tag="set_aside"):
    """Tell the operator of a file among the signals that is none; it is moved once that is on record."""

    name: str
    why: str


class BeginCheck(Tagged, frozen=True, kw_only=True, tag="begin_check"):
    """Take a slot of a check of HEARTBEAT.md; refused when it was taken before, and then nothing is to be done."""

    name: str
    slot: datetime
    words: str = ""
    """What is no command, and so is for the operator to do."""
    known: tuple[str, ...] = ()
    """All checks that stand in the file: what is known of others is forgotten."""


class EndCheck(Tagged, frozen=True, kw_only=True, tag="end_check"):
    """Write down what came of the commands of a check that was begun."""

    name: str
    text: str
    failed: bool = False


class ReadChecks(Tagged, frozen=True, kw_only=True, tag="read_checks"):
    """Tell the operator what in HEARTBEAT.md cannot be understood; nothing, when all can."""

    troubles: tuple[str, ...] = ()


class NotePatterns(Tagged, frozen=True, kw_only=True, tag="note_patterns"):
    """Put on record which routines the record tells of; what is known of them beside that stays."""

    seen: tuple[Pattern, ...]


class BuildAhead(Tagged, frozen=True, kw_only=True, tag="build_ahead"):
    """Queue a task for one occurrence of a pattern before anybody asks for it."""

    pattern: str
    at: datetime
    """When it is expected to be wanted."""
    since: datetime
    """A like task that was added from then on is what is expected, and nothing is queued."""
    spec: Spec


class NoteMail(Tagged, frozen=True, kw_only=True, tag="note_mail"):
    """Write down how far a mailbox was read, and ask about the conversations that are worth an answer."""

    box: Mailbox
    letters: tuple[Letter, ...] = ()


class LookInto(Tagged, frozen=True, kw_only=True, tag="look_into"):
    """Put tasks in the queue that each look into a goal of the operator's, and write down when that was."""

    goals: tuple[tuple[str, Spec], ...]
    """A digest of each goal's words, with the task."""


class Present(Tagged, frozen=True, kw_only=True, tag="present"):
    """The operator has just touched a key in the console. Never recorded."""


Command = (
    AddTasks
    | SpawnTask
    | Approve
    | Deny
    | Kill
    | KillAll
    | RecordUses
    | Arm
    | RaiseLimit
    | Fail
    | Retry
    | Pause
    | ReportFault
    | Undo
    | CaptainOverride
    | StartRollout
    | SteerRollout
    | ResetBreaker
    | SetMode
    | PauseSchedule
    | RunSchedule
    | SetContext
    | ClearContext
    | PruneAudit
    | RecordSnapshot
    | Restore
    | Erase
    | NoteProblems
    | BeginFixes
    | RecordFixes
    | TakeSignal
    | SetAside
    | BeginCheck
    | EndCheck
    | ReadChecks
    | NotePatterns
    | BuildAhead
    | NoteMail
    | LookInto
    | Present
)


class Request(Noun, frozen=True, kw_only=True):
    """A command with who asks for it."""

    actor: str
    command: Command


class Reply(Noun, frozen=True, kw_only=True):
    """What came of a command: `text` is for people, `code` the exit code of a command line."""

    ok: bool
    text: str
    code: int = 0
    number: int = 0
    """The journal's sequence number after it."""
