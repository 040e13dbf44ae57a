"""The words and symbols that states are shown with."""

from datetime import datetime

from state.model import build as b
from state.model import task as t
from state.model.brakes import figure
from state.model.brakes.margin import Margin
from state.model.escalation import EscalationKind, Urgency
from state.model.verdict import Stance
from widgets.cells import Cell, Tone

_TASK = {
    t.Queued: Cell("○ queued"),
    t.Held: Cell("■ held", Tone.WARN),
    t.AwaitingApproval: Cell("? approve", Tone.WARN),
    t.Building: Cell("▶ building", Tone.BUSY),
    t.Verifying: Cell("◆ verifying", Tone.BUSY),
    t.AwaitingReview: Cell("? review", Tone.WARN),
    t.Retrying: Cell("↻ retry", Tone.WARN),
    t.Done: Cell("✓ done", Tone.GOOD),
    t.Failed: Cell("✗ failed", Tone.BAD),
    t.Killed: Cell("✗ killed", Tone.DIM),
    t.Unknown: Cell("! unknown", Tone.BAD),
}
_BUILD = {
    b.Preparing: Cell("· preparing", Tone.BUSY),
    b.Starting: Cell("· starting", Tone.BUSY),
    b.Running: Cell("▶ running", Tone.BUSY),
    b.Ended: Cell("◆ collecting", Tone.BUSY),
    b.Checking: Cell("◆ checking", Tone.BUSY),
    b.Reviewing: Cell("? review", Tone.WARN),
    b.Delivering: Cell("» merging", Tone.BUSY),
    b.Finished: Cell("■ finished", Tone.DIM),
}
_HELD = Cell("■ held", Tone.WARN)
_URGENCY = {
    Urgency.URGENT: Cell("!! urgent", Tone.BAD),
    Urgency.HIGH: Cell("! high", Tone.BAD),
    Urgency.MEDIUM: Cell("• medium", Tone.WARN),
    Urgency.LOW: Cell("· low", Tone.DIM),
}
_STANCE = {
    Stance.ALLOW: Cell("✓ yes ", Tone.GOOD),
    Stance.WAIT: Cell("○ wait", Tone.DIM),
    Stance.ASK: Cell("? ask ", Tone.WARN),
    Stance.HOLD: Cell("■ hold", Tone.WARN),
}
_CHECK = {
    b.Result.PENDING: Cell("○ not yet", Tone.DIM),
    b.Result.YES: Cell("✓ yes", Tone.GOOD),
    b.Result.NO: Cell("✗ no", Tone.BAD),
    b.Result.NONE: Cell("– does not apply", Tone.DIM),
}
_KIND = {
    EscalationKind.APPROVAL_NEEDED: "approval",
    EscalationKind.REVIEW_NEEDED: "review",
    EscalationKind.UNCLEAR: "unclear",
    EscalationKind.BUILD_FAILED: "failed",
    EscalationKind.BUILD_STALLED: "stalled",
    EscalationKind.BUILD_UNKNOWN: "unknown",
    EscalationKind.DELIVERY_BLOCKED: "blocked",
    EscalationKind.LIMIT_REACHED: "limit",
    EscalationKind.ANOMALY: "anomaly",
    EscalationKind.SYSTEM_HEALTH: "system",
    EscalationKind.OPPORTUNITY: "chance",
}


def task_state(task: t.Task) -> Cell:
    """Return a task's state as symbol and word."""
    cell = _TASK[type(task.state)]
    if isinstance(task.state, t.Retrying):
        return Cell(f"{cell.text} {clock(task.state.at)}", cell.tone)
    return cell


def build_state(build: b.Build) -> Cell:
    """Return a build's state as symbol and word; a finished one says how it ended."""
    if isinstance(build.state, b.Finished):
        ending = build.state.ending
        tone = Tone.GOOD if ending == "done" else Tone.DIM if ending == "killed" else Tone.BAD
        return Cell(f"{'✓' if ending == 'done' else '✗'} {ending}", tone)
    return _HELD if build.hold else _BUILD[type(build.state)]


def urgency(value: Urgency) -> Cell:
    """Return an urgency as symbol and word."""
    return _URGENCY[value]


def stance(value: Stance) -> Cell:
    """Return what one rule says as symbol and word."""
    return _STANCE[value]


def check(value: b.Result) -> Cell:
    """Return what is known of one check as symbol and word."""
    return _CHECK[value]


def question(kind: EscalationKind) -> str:
    """Return what an escalation is about in a word or two."""
    return _KIND[kind]


def clock(moment: datetime, *, seconds: bool = False) -> str:
    """Return the local time of day, to the minute or the second."""
    return moment.astimezone().strftime("%H:%M:%S" if seconds else "%H:%M")


def moment(value: datetime) -> str:
    """Return the local date and time, to the second."""
    return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def margin(margin: Margin, width: int, *, name: int = 0) -> str:
    """Return `files ███░ 7/10`: how much of a limit is taken; its name takes so many cells at least."""
    percent = round(100 * min(margin.share, 1.0))
    used, limit = figure.said(margin.figure, margin.used), figure.said(margin.figure, margin.limit)
    return f"{figure.name(margin.figure):<{name}} {bar(percent, width)} {used}/{limit}"


def bar(percent: int, width: int) -> str:
    """Return a bar of `width` cells that is `percent` full."""
    full = max(0, min(width, round(percent * width / 100)))
    return "█" * full + "░" * (width - full)
