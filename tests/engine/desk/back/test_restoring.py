"""An entry's records go back to their form before it, unless somebody built upon it."""

from collections.abc import Callable

import msgspec
import pytest

from engine.desk.back.restoring import FINAL, RESTORABLE
from engine.desk.desk import Desk
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.view import Record
from state.model.when.context import Context
from state.model.when.schedule import Schedule
from state.settings import Settings
from tests.engine.desk.asking import SETUP, ask, desk, under_review
from tests.making import a_build, a_spec, a_task

__all__ = ["desk"]

WISH = a_spec("wish", category=t.Category.NEW_FEATURE)


def wished(desk: Desk) -> None:
    ask(desk, c.AddTasks(specs=(WISH,)))


def paused(desk: Desk) -> None:
    ask(desk, c.Pause(on=True))


def denied(desk: Desk) -> None:
    wished(desk)
    ask(desk, c.Deny(label="wish", digest=""))


def scheduled(desk: Desk) -> None:
    desk.common.orders.settings = Settings(schedules={"nightly": Schedule(name="nightly", cron="@daily", run="status")})


def schedule_paused(desk: Desk) -> None:
    scheduled(desk)
    ask(desk, c.PauseSchedule(name="nightly", on=True))


def context_set(desk: Desk) -> None:
    ask(desk, c.SetContext(context=Context.AWAY))


CASES: dict[str, tuple[Callable[[Desk], None], c.Command]] = {
    "paused": (lambda desk: None, c.Pause(on=True)),
    "resumed": (paused, c.Pause(on=False)),
    "context_set": (lambda desk: None, c.SetContext(context=Context.GYM)),
    "context_cleared": (context_set, c.ClearContext()),
    "schedule_paused": (scheduled, c.PauseSchedule(name="nightly", on=True)),
    "schedule_resumed": (schedule_paused, c.PauseSchedule(name="nightly", on=False)),
    "start_approved": (wished, c.Approve(label="wish", digest=WISH.digest)),
    "start_denied": (wished, c.Deny(label="wish", digest="")),
    "merge_approved": (under_review, c.Approve(label="tidy", digest="d1")),
    "merge_denied": (under_review, c.Deny(label="tidy", digest="d1")),
    "task_killed": (wished, c.Kill(label="wish")),
    "task_retried": (denied, c.Retry(label="wish")),
    "question_dismissed": (
        lambda desk: desk.faults.trip("a trouble"),
        c.Deny(label="engine:deciding", digest=""),
    ),
}


def records(desk: Desk) -> list[Record]:
    """All that the store holds, but how a schedule's times go on."""
    store = desk.common.store
    asked = [question for question in store.escalations.values() if question.answer != "undone"]
    held = [store.control, *store.tasks.values(), *store.builds.values(), *asked]
    return [*held, *(state.paused for state in store.schedules.values())]  # type: ignore[list-item]


@pytest.mark.parametrize("action", CASES)
def test_each_entry_that_changed_only_records_is_put_back(desk: Desk, action: str) -> None:
    """Everything is as before it, in a change of its own; and putting that back makes it so again."""
    prepare, command = CASES[action]
    prepare(desk)
    before = records(desk)
    assert ask(desk, command).ok
    desk.common.store.flush()
    done, seq = records(desk), desk.common.store.number
    assert ask(desk, c.Undo(what=str(seq), preview=True)).ok
    assert records(desk) == done, "a preview changes nothing"
    reply = ask(desk, c.Undo(what=f"#{seq}", why="a slip"))
    assert reply.ok, reply.text
    if action != "schedule_paused":  # the record of a schedule begins with the first word on it
        assert records(desk) == before
    else:
        assert [state.paused for state in desk.common.store.schedules.values()] == [False]
    desk.common.store.flush()
    assert ask(desk, c.Undo(what=str(desk.common.store.number))).ok
    assert records(desk) == done


def test_a_question_that_is_open_again_can_be_answered(desk: Desk) -> None:
    """Whoever answers later finds it, and no second one is made."""
    denied(desk)
    desk.common.store.flush()
    ask(desk, c.Undo(what=str(desk.common.store.number)))
    [question] = desk.common.questions.open_on("wish")
    assert question.open
    ask(desk, c.Approve(label="wish", digest=WISH.digest))
    assert [found.open for found in desk.common.store.escalations.values()] == [False]


def test_what_was_added_is_taken_out_again(desk: Desk) -> None:
    """The task ends as killed, its question is closed; nothing is removed from the record."""
    wished(desk)
    desk.common.store.flush()
    assert ask(desk, c.Undo(what=str(desk.common.store.number))).ok
    assert desk.common.store.tasks["wish"].state_name == "killed"
    assert not desk.common.questions.open_on("wish")


def test_what_was_built_upon_stays_and_says_why(desk: Desk) -> None:
    """A later change of the same field is named with its entry; one of another field is no obstacle."""
    ask(desk, c.Pause(on=True))
    first = desk.common.store.number
    ask(desk, c.SetContext(context=Context.GYM))
    desk.common.store.flush()
    assert ask(desk, c.Undo(what=str(first), preview=True)).ok
    ask(desk, c.Pause(on=False))
    later = desk.common.store.number
    desk.common.store.flush()
    desk.undoing._recalled.clear()
    reply = ask(desk, c.Undo(what=str(first)))
    assert not reply.ok and f"was changed since, by entry {first + 1}" in reply.text
    assert desk.common.store.number == later


def test_an_approval_that_was_acted_upon_points_to_what_helps(desk: Desk) -> None:
    """The build has begun: the yes cannot be unsaid, and the words say what ends it."""
    wished(desk)
    ask(desk, c.Approve(label="wish", digest=WISH.digest))
    seq = desk.common.store.number
    task = desk.common.store.tasks["wish"]
    begun = msgspec.structs.replace(task, state=t.Building(build="wish-1"))
    desk.common.store.stage([begun, a_build("wish-1", b.Preparing())], SETUP)
    desk.common.store.flush()
    reply = ask(desk, c.Undo(what=str(seq)))
    assert not reply.ok and "midwatch kill wish" in reply.text


@pytest.mark.parametrize("action", FINAL)
def test_what_is_final_says_so_before_anything_is_done(desk: Desk, action: str) -> None:
    """Each entry that cannot be taken back names what helps instead, and nothing changes."""
    desk.common.stage([a_task("tidy")], "engine", action, "w", label="tidy", build="tidy-1")
    desk.common.store.flush()
    number = desk.common.store.number
    for preview in (True, False):
        reply = ask(desk, c.Undo(what=str(number), preview=preview))
        assert not reply.ok and "cannot be undone" in reply.text
        assert "{" not in reply.text and desk.common.store.number == number
    assert action not in RESTORABLE


def test_an_unknown_kind_of_entry_is_not_guessed_at(desk: Desk) -> None:
    """What nobody said can be put back stays as it is."""
    desk.common.stage([Control(paused=True)], "engine", "something_else", "w")
    desk.common.store.flush()
    assert not ask(desk, c.Undo(what="1")).ok
    assert isinstance(desk.common.store.control, Control) and desk.common.store.control.paused
    assert not any(isinstance(record, Escalation) for record in records(desk))
