"""Each action says what it sends and why it is not possible now."""

import pytest

from console.actions import ACTIONS, BY_NAME, Action
from console.screens.subject import Kind, Subject, resolve
from state.model import command as c
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.build import Build, Delivering, Finished, Running
from state.model.control import Control
from state.model.escalation import EscalationKind
from state.model.view import EngineInfo, Record, View
from tests.console.fake_engine import DIGEST, question, reviewed, running, waiting
from tests.making import NOON, a_build, a_task

AFTER = {"build": "x-1", "text": "so", "at": NOON}
STATES: dict[str, t.TaskState] = {
    "queued": t.Queued(),
    "held": t.Held(findings=()),
    "awaiting_approval": t.AwaitingApproval(findings=()),
    "building": t.Building(build="x-1"),
    "verifying": t.Verifying(build="x-1"),
    "awaiting_review": t.AwaitingReview(build="x-1", digest=DIGEST),
    "retrying": t.Retrying(at=NOON, text="so"),
    "done": t.Done(build="x-1", note="merged", at=NOON),
    "failed": t.Failed(**AFTER),
    "killed": t.Killed(**AFTER),
    "unknown": t.Unknown(**AFTER),
}
POSSIBLE = {
    "approve": {"held", "awaiting_approval", "awaiting_review"},
    "deny": {"queued", "held", "awaiting_approval", "awaiting_review", "retrying"},
    "kill": {"queued", "held", "awaiting_approval", "building", "verifying", "retrying"},
    "retry": {"retrying", "done", "failed", "killed", "unknown"},
}


def view(*records: Record) -> View:
    """A view of these records."""
    tasks = {record.key: record for record in records if isinstance(record, t.Task)}
    builds = {record.key: record for record in records if isinstance(record, Build)}
    escalations = {record.key: record for record in records if hasattr(record, "answered_at")}
    return View(at=NOON, tasks=tasks, builds=builds, escalations=escalations)


def on(action: str, subject: Subject | None, picture: View) -> str:
    return BY_NAME[action].blocked(subject, picture)


@pytest.mark.parametrize("name", POSSIBLE)
@pytest.mark.parametrize("state", STATES)
def test_possible_exactly_where_the_engine_would_obey(name: str, state: str) -> None:
    """An action is possible in the states in which it means something, and elsewhere says why not."""
    build = a_build("x-1", Running(token="x", pid=1, start_ticks=1, boot="x"))
    picture = view(a_task("x", STATES[state]), build)
    why_not = on(name, resolve(Kind.TASK, "x", picture), picture)
    assert (why_not == "") == (state in POSSIBLE[name])
    assert why_not == "" or "x" in why_not


@pytest.mark.parametrize(
    ("hold", "why_not"),
    [
        (None, "No build of x stands still at a limit."),
        (Hold(figure="files", used=11, limit=10, text="so", since=NOON), ""),
        (
            Hold(figure="files", used=11, limit=10, text="so", since=NOON, anomaly=True),
            "x is only unusual, no limit stands behind it: a lets it go on.",
        ),
    ],
)
def test_only_a_limit_is_raised(hold: Hold | None, why_not: str) -> None:
    """A limit is raised where a build stands still at one, not where it is only unusual."""
    build = a_build("x-1", Running(token="x", pid=1, start_ticks=1, boot="x"), hold=hold)
    picture = view(a_task("x", t.Building(build="x-1")), build)
    assert on("raise", resolve(Kind.TASK, "x", picture), picture) == why_not


def test_every_state_is_asked_about() -> None:
    """The table above knows every state of a task."""
    assert {type(state) for state in STATES.values()} == set(t.TaskState.__args__)


@pytest.mark.parametrize("name", [action.name for action in ACTIONS if action.answers])
def test_nothing_selected(name: str) -> None:
    """Without a selection, what is about one is not possible."""
    assert on(name, None, view()) == "Nothing is selected."


def test_a_row_without_a_task() -> None:
    """A question about the engine as a whole has no task to answer for."""
    picture = view(question("", EscalationKind.SYSTEM_HEALTH))
    assert "concerns no task" in on("approve", resolve(Kind.ESCALATION, "q-", picture), picture)


def test_what_the_engine_asks_about_itself_can_be_dismissed() -> None:
    """No task is needed to close such a question, and a closed one cannot be closed again."""
    crashed = question("engine:crash", EscalationKind.SYSTEM_HEALTH)
    subject = resolve(Kind.ESCALATION, "q-engine:crash", view(crashed))
    assert on("deny", subject, view(crashed)) == ""
    assert "concerns no task" in on("deny", subject, view())
    command = BY_NAME["deny"].command
    assert command is not None
    assert command(subject, view(crashed), "seen") == c.Deny(label="engine:crash", digest="", why="seen")


def test_a_drafted_reply_takes_a_yes_and_a_no() -> None:
    """An offer that came by mail is no task, and both keys answer what was shown of it."""
    offer = question("mail:0123456789ab", EscalationKind.OPPORTUNITY, DIGEST)
    subject = resolve(Kind.ESCALATION, f"q-{offer.label}", view(offer))
    assert (on("approve", subject, view(offer)), on("deny", subject, view(offer))) == ("", "")
    approve = BY_NAME["approve"].command
    assert approve is not None
    assert approve(subject, view(offer), "") == c.Approve(label=offer.label, digest=DIGEST, why="")
    other = question("engine:offer", EscalationKind.OPPORTUNITY)
    assert "concerns no task" in on("approve", resolve(Kind.ESCALATION, "q-engine:offer", view(other)), view(other))


def test_an_old_question_is_not_answered() -> None:
    """A row that asks about an earlier diff cannot approve or deny a newer one."""
    picture = view(*reviewed("csv", "e" * 64), question("csv", EscalationKind.REVIEW_NEEDED, DIGEST))
    subject = resolve(Kind.ESCALATION, "q-csv", picture)
    assert "not what this row asks about" in on("approve", subject, picture)
    assert "not what this row asks about" in on("deny", subject, picture)


def test_a_question_that_needs_no_yes_can_be_closed() -> None:
    """Denying what failed closes its question."""
    picture = view(a_task("x", t.Failed(**AFTER)), question("x", EscalationKind.BUILD_FAILED))
    assert on("deny", resolve(Kind.ESCALATION, "q-x", picture), picture) == ""


def test_an_approved_diff_is_not_approved_twice() -> None:
    """A diff that has its yes and only waits for its way says so; its merge may be tried again."""
    yes = t.Approval(by="operator:ann", at=NOON, digest=DIGEST)
    task = a_task("x", t.AwaitingReview(build="x-1", digest=DIGEST, blocked="the tree is dirty"))
    picture = view(task, a_build("x-1", digest=DIGEST, approval=yes))
    subject = resolve(Kind.TASK, "x", picture)
    assert on("approve", subject, picture) == "x is approved already; the tree is dirty."
    assert on("retry", subject, picture) == ""


@pytest.mark.parametrize(
    "build",
    [
        a_build("x-1", Finished(ending="done", text="", at=NOON)),
        a_build("x-1", Delivering(old="a", new="b")),
        running("x-1", kill_by="operator:ann"),
    ],
)
def test_what_is_over_or_dying_is_not_killed(build: Build) -> None:
    """A build that has ended, merges or is being killed is left alone."""
    picture = view(a_task("x", t.Building(build="x-1")), build)
    assert on("kill", resolve(Kind.TASK, "x", picture), picture) != ""


def test_commands_carry_what_was_drawn() -> None:
    """Each command names the task and is bound to what the subject shows."""
    picture = view(waiting("x"), question("x", EscalationKind.APPROVAL_NEEDED, waiting("x").spec.digest))
    subject = resolve(Kind.ESCALATION, "q-x", picture)
    digest = waiting("x").spec.digest

    def made(name: str) -> c.Command:
        command = BY_NAME[name].command
        assert command is not None
        return command(subject, picture, "why")

    assert made("approve") == c.Approve(label="x", digest=digest, why="why")
    assert made("deny") == c.Deny(label="x", digest=digest, why="why")
    assert made("kill") == c.Kill(label="x", build="", why="why")
    assert made("retry") == c.Retry(label="x", why="why")
    assert made("switch") == c.KillAll(why="why")
    assert made("pause") == c.Pause(on=True, why="why")


BY_JOURNAL = View(at=NOON, control=Control(stopped=True))
BY_FILE = View(at=NOON, engine=EngineInfo(stop_file=True))


@pytest.mark.parametrize("picture", [BY_JOURNAL, BY_FILE])
def test_the_switch_arms_what_is_stopped(picture: View) -> None:
    """Engaged by the journal or by the file, the switch arms; and it asks for that as well."""
    switch = BY_NAME["switch"]
    assert switch.command is not None
    assert switch.command(None, picture, "") == c.Arm()
    assert switch.confirm is not None
    assert switch.confirm(None, picture).yes == "Arm"
    assert switch.words(picture) == "ARM"


def test_kill_says_what_dies_and_how() -> None:
    """The dialog names the task, its build and the time that it is given."""
    confirm = BY_NAME["kill"].confirm
    assert confirm is not None
    picture = view(a_task("x", t.Building(build="x-1"), grace_s=5.0), running("x-1"))
    question = confirm(resolve(Kind.TASK, "x", picture), picture)
    assert "x" in question.title
    assert "x-1 gets 5 s to end" in question.text
    picture = view(a_task("x"))
    assert "has not started" in confirm(resolve(Kind.TASK, "x", picture), picture).text


def test_declarations_are_whole() -> None:
    """Each action has its own name, key and help, and what kills asks first."""

    def all_of(get: "object") -> list[str]:
        return [get(action) for action in ACTIONS]  # type: ignore[operator]

    for get in (lambda a: a.name, lambda a: a.key, lambda a: a.label, lambda a: a.help):
        values = all_of(get)
        assert all(values)
        assert len(set(values)) == len(values)
    kills: list[Action] = [BY_NAME["kill"], BY_NAME["switch"]]
    assert all(action.confirm for action in kills)
