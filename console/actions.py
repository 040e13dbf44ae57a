"""Every action of the operator, declared once for its key, its words, its help and its limits."""

from collections.abc import Callable
from typing import NamedTuple

from console.screens.back import taking
from console.screens.subject import Subject, asked
from state.model import command as c
from state.model import task as t
from state.model.build import Delivering, Finished
from state.model.links.mail import PREFIX
from state.model.view import View

Blocked = Callable[[Subject | None, View], str]
Build = Callable[[Subject | None, View, str], c.Command]


class Question(NamedTuple):
    """What is asked before an action is carried out; the focus is always on Cancel."""

    title: str
    text: str
    yes: str


class Action(NamedTuple):
    """One thing that the operator can do."""

    name: str
    key: str
    """Textual's name of the key."""
    label: str
    """How the key is written."""
    help: str
    words: Callable[[View], str]
    blocked: Blocked = lambda subject, view: ""
    """Why it is not possible now, in words; empty when it is."""
    command: Build | None = None
    """What to ask of the engine; None for what only the screen does."""
    look_ahead: Callable[[Subject | None, View], c.Command] | None = None
    """What asks the engine to say what the command would do; its answer is what the question shows."""
    confirm: Callable[[Subject | None, View], Question] | None = None
    asks_why: bool = False
    """Whether the operator may give a reason."""
    answers: bool = False
    """Whether it is about the selected row, and so only ever about what was drawn of it."""


def stopped(view: View) -> bool:
    """Return whether the kill switch is engaged, by the journal or by the STOP file."""
    return view.control.stopped or view.engine.stop_file


def _task(subject: Subject | None, view: View) -> t.Task | str:
    if subject is None:
        return "Nothing is selected."
    task = view.tasks.get(subject.label)
    if task is None:
        return f"This concerns no task{f' that is known: {subject.label}' if subject.label else ''}."
    return task


def _label(subject: Subject | None) -> str:
    assert subject is not None, "an action that needs a subject is blocked without one"
    return subject.label


def _cannot_approve(subject: Subject | None, view: View) -> str:
    task = _task(subject, view)
    if isinstance(task, str):
        # An offer that came by mail is no task, and its drafted reply waits for a yes.
        return "" if subject is not None and subject.label.startswith(PREFIX) and subject.digest else task
    assert subject is not None
    present = asked(task, view.builds)
    if not present:
        return f"{task.label} waits for no approval: it is {words_of(task)}."
    if subject.digest != present:
        return f"What waits on {task.label} is not what this row asks about. Select its newest question."
    if isinstance(task.state, t.AwaitingReview) and (build := view.builds.get(task.state.build)) and build.approved:
        return f"{task.label} is approved already; {task.state.blocked or 'it merges when it is its turn'}."
    return ""


def _cannot_deny(subject: Subject | None, view: View) -> str:
    task = _task(subject, view)
    open_questions = subject is not None and any(e.open and e.label == subject.label for e in view.escalations.values())
    if isinstance(task, str):
        # What the engine asks about itself needs no task to be dismissed.
        return "" if open_questions else task
    assert subject is not None
    build = view.builds.get(task.build)
    stands_still = build is not None and build.hold is not None
    if stands_still or isinstance(task.state, t.AwaitingApproval | t.Held | t.AwaitingReview):
        present = asked(task, view.builds)
        return "" if subject.digest == present else f"What waits on {task.label} is not what this row asks about."
    if isinstance(task.state, t.Queued | t.Retrying) or open_questions:
        return ""
    return f"{task.label} waits for no answer: it is {words_of(task)}."


def _cannot_kill(subject: Subject | None, view: View) -> str:
    task = _task(subject, view)
    if isinstance(task, str):
        return task
    if isinstance(task.state, t.AwaitingReview):
        return f"Nothing of {task.label} runs; d refuses its diff."
    build = view.builds.get(task.build)
    if build is not None and isinstance(build.state, Delivering | Finished):
        return f"Nothing of {task.label} runs any more."
    if build is not None and build.kill_by:
        return f"{task.label} is being killed already."
    if isinstance(task.state, t.Done | t.Failed | t.Killed | t.Unknown):
        return f"Nothing of {task.label} runs; it is {words_of(task)}."
    return ""


def _cannot_raise(subject: Subject | None, view: View) -> str:
    task = _task(subject, view)
    if isinstance(task, str):
        return task
    assert subject is not None
    build = view.builds.get(task.build)
    if build is None or build.hold is None or build.over:
        return f"No build of {task.label} stands still at a limit."
    if build.hold.anomaly:
        return f"{task.label} is only unusual, no limit stands behind it: a lets it go on."
    if subject.digest != asked(task, view.builds):
        return f"What waits on {task.label} is not what this row asks about. Select its newest question."
    return ""


def _cannot_retry(subject: Subject | None, view: View) -> str:
    task = _task(subject, view)
    if isinstance(task, str):
        return task
    if isinstance(task.state, t.Retrying | t.Done | t.Failed | t.Killed | t.Unknown):
        return ""
    if isinstance(task.state, t.AwaitingReview):
        return "" if task.state.blocked else f"{task.label} waits for your review: a or d."
    return f"{task.label} needs no retry: it is {words_of(task)}."


def _needs_subject(subject: Subject | None, view: View) -> str:
    return "Nothing is selected." if subject is None else ""


def words_of(task: t.Task) -> str:
    """Return a task's state in plain words."""
    return task.state_name.replace("_", " ")


def _approve(subject: Subject | None, view: View, why: str) -> c.Command:
    assert subject is not None
    return c.Approve(label=subject.label, digest=subject.digest, why=why)


def _deny(subject: Subject | None, view: View, why: str) -> c.Command:
    assert subject is not None
    return c.Deny(label=subject.label, digest=subject.digest, why=why)


def _kill(subject: Subject | None, view: View, why: str) -> c.Command:
    task = view.tasks[_label(subject)]
    return c.Kill(label=task.label, build=task.build, why=why)


def _ask_kill(subject: Subject | None, view: View) -> Question:
    task = view.tasks[_label(subject)]
    build = view.builds.get(task.build)
    if build is None:
        return Question(f"Kill {task.label}?", f"{task.spec.title}\nIt has not started; it will not.", "Kill")
    how = f"{build.id} and everything that it started dies at once."
    if task.spec.grace_s > 0:
        how = f"{build.id} gets {task.spec.grace_s:g} s to end, then it dies with everything that it started."
    return Question(f"Kill {task.label}?", f"{task.spec.title}\n{how}", "Kill")


def _switch(subject: Subject | None, view: View, why: str) -> c.Command:
    return c.Arm(why=why) if stopped(view) else c.KillAll(why=why)


def _ask_switch(subject: Subject | None, view: View) -> Question:
    if stopped(view):
        return Question("Arm again?", "The kill switch is engaged. Once armed, tasks may start by themselves.", "Arm")
    running = sorted(build.label for build in view.builds.values() if build.occupies)
    what = f"{len(running)} running: {', '.join(running[:8])}. All of it dies." if running else "No build runs now."
    return Question("Engage the kill switch?", f"{what}\nNothing starts until it is armed again.", "Stop everything")


def _ask_undo(subject: Subject | None, view: View) -> Question:
    return Question(f"Take back {taking.named(subject, view)}?", "", "Take back")


def _ask_overrule(subject: Subject | None, view: View) -> Question:
    assert subject is not None
    title = f"Overrule entry {subject.key}, {subject.state.replace('_', ' ')}?"
    return Question(title, taking.meaning(subject), "Overrule")


ACTIONS: tuple[Action, ...] = (
    Action(
        "approve",
        "a",
        "a",
        "Say yes to what the selected row asks: the start of a task, the merge of the diff that is shown, or a draft.",
        lambda view: "approve",
        _cannot_approve,
        _approve,
        answers=True,
    ),
    Action(
        "deny",
        "d",
        "d",
        "Say no to what the selected row asks, with a reason if you like.",
        lambda view: "deny",
        _cannot_deny,
        _deny,
        asks_why=True,
        answers=True,
    ),
    Action(
        "kill",
        "k",
        "k",
        "Kill the selected build with all that it started.",
        lambda view: "kill",
        _cannot_kill,
        _kill,
        confirm=_ask_kill,
        answers=True,
    ),
    Action(
        "switch",
        "K",
        "K",
        "The kill switch: every build dies and nothing starts; when it is engaged, arm again.",
        lambda view: "ARM" if stopped(view) else "STOP ALL",
        command=_switch,
        confirm=_ask_switch,
    ),
    Action(
        "retry",
        "r",
        "r",
        "Queue a task again that has ended, or try a blocked merge again.",
        lambda view: "retry",
        _cannot_retry,
        lambda subject, view, why: c.Retry(label=_label(subject), why=why),
        answers=True,
    ),
    Action(
        "undo",
        "u",
        "u",
        "Take back what the selected build left, or an entry of the record; first it is shown what that does.",
        lambda view: "undo",
        taking.cannot_undo,
        taking.undo,
        taking.look_ahead,
        _ask_undo,
        answers=True,
    ),
    Action(
        "pause",
        "p",
        "p",
        "Start nothing more, or go on; what runs goes on running.",
        lambda view: "resume" if view.control.paused else "pause",
        command=lambda subject, view, why: c.Pause(on=not view.control.paused, why=why),
    ),
    Action(
        "raise",
        "R",
        "R",
        "Raise the limit at which the selected build stands still, until midnight; its next builds get it too.",
        lambda view: "raise",
        _cannot_raise,
        lambda subject, view, why: c.RaiseLimit(
            label=_label(subject), digest=subject.digest if subject else "", why=why
        ),
        answers=True,
    ),
    Action(
        "overrule",
        "o",
        "o",
        "Overrule a decision of the engine's, on the record's screen, and reverse what came of it.",
        lambda view: "overrule",
        taking.cannot_overrule,
        taking.overrule,
        confirm=_ask_overrule,
        answers=True,
    ),
    Action("schedules", "S", "S", "What runs at which times: run one now, or pause it.", lambda view: "schedules"),
    Action("week", "W", "W", "Seven days as a picture: windows, builds, planned starts.", lambda view: "week"),
    Action("record", "A", "A", "Who decided what, its story, and whether the record is whole.", lambda view: "audit"),
    Action("snapshots", "B", "B", "Restore points: make one, or go back to one.", lambda view: "snapshots"),
    Action("filter", "slash", "/", "Narrow the focused list to the rows with some words.", lambda view: "filter"),
    Action("details", "enter", "⏎", "Open the details, or go into them to scroll.", lambda view: "details"),
    Action("log", "l", "l", "Show the log of the selected build.", lambda view: "log", _needs_subject),
    Action("diff", "v", "v", "Show the diff of the selected build.", lambda view: "diff", _needs_subject),
    Action(
        "copy",
        "y",
        "y",
        "Copy to the clipboard: the marked text, the text that has the focus, or the selected row's name.",
        lambda view: "copy",
        _needs_subject,
    ),
    Action("help", "question_mark", "?", "All keys, and why one is not possible now.", lambda view: "help"),
    Action("quit", "q", "q", "Leave; running builds go on if you want.", lambda view: "quit"),
)
"""In the order in which they are shown."""

BY_NAME = {action.name: action for action in ACTIONS}
