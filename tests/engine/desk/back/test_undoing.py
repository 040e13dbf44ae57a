"""What is to be taken back is found, and refused in words where there is nothing to."""

import msgspec
import pytest

from engine.desk.back.undoing import leaves, merged_as, steps_of
from engine.desk.desk import Desk
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.reversal import Compensation, Deed
from state.model.mode import Mode
from tests.engine.desk.asking import SETUP, ask, desk, under_review
from tests.making import NOON, a_build, a_spec, a_task

__all__ = ["desk"]

OVER = b.Finished(ending="done", text="merged", at=NOON)
YES = b.Check(result=b.Result.YES, text="merged into main as 0123456789ab")
MERGED = {"repo": "/code", "branch": "main", "delivered": YES, "merged": "0123456789abcdef"}


def merged(desk: Desk) -> b.Build:
    """A task that is done, by a build that was merged."""
    build = a_build("tidy-1", OVER, **MERGED)
    task = a_task("tidy", t.Done(build="tidy-1", note="merged", at=NOON), attempts=1)
    desk.common.store.stage([task, build], SETUP)
    desk.common.store.flush()
    return build


@pytest.mark.parametrize("what", ["tidy", "tidy-1", "1", "#1"])
def test_a_build_is_named_by_itself_its_task_or_the_entry_of_its_merge(desk: Desk, what: str) -> None:
    """All of them mean the same, and what is staged waits for the engine."""
    build = a_build("tidy-1", OVER, **MERGED)
    task = a_task("tidy", t.Done(build="tidy-1", note="merged", at=NOON), attempts=1)
    desk.common.stage([task, build], "engine", "merged", "w", label="tidy", build="tidy-1")
    desk.common.store.flush()
    preview = ask(desk, c.Undo(what=what, preview=True))
    assert preview.ok and "reverts 0123456789ab" in preview.text
    assert ask(desk, c.Undo(what=what, why="wrong")).ok
    asked = desk.common.store.builds["tidy-1"]
    assert asked.reversal is not None and (asked.reversal.by, asked.reversal.why) == ("operator:ada", "wrong")
    assert asked.reverted.result is b.Result.PENDING
    again = ask(desk, c.Undo(what=what))
    assert not again.ok and "already" in again.text


def test_what_is_somewhere_else_on_its_way_is_refused_with_the_way(desk: Desk) -> None:
    """Under review, running, never built, unknown: each says what helps."""
    under_review(desk)
    ask(desk, c.AddTasks(specs=(a_spec("late"),)))
    desk.common.store.stage(
        [a_task("runs", t.Building(build="runs-1")), a_build("runs-1", b.Preparing())],
        SETUP,
    )
    told = {what: ask(desk, c.Undo(what=what)) for what in ("tidy", "late", "runs", "nobody", "99")}
    assert not any(reply.ok for reply in told.values())
    assert "midwatch deny tidy" in told["tidy"].text
    assert "midwatch deny late" in told["late"].text
    assert "midwatch kill runs" in told["runs"].text
    assert "no task, build or entry" in told["nobody"].text
    assert "no entry 99" in told["99"].text


def test_a_build_that_left_nothing_is_told(desk: Desk) -> None:
    """There is nothing to do, and nothing is staged."""
    desk.common.store.stage([a_task("tidy", t.Done(build="tidy-1", note="", at=NOON)), a_build("tidy-1", OVER)], SETUP)
    number = desk.common.store.number
    assert "left nothing" in ask(desk, c.Undo(what="tidy")).text
    assert desk.common.store.number == number


def test_nothing_is_taken_back_while_observing(desk: Desk) -> None:
    """Nothing executes then, this neither; a preview does no harm."""
    merged(desk)
    ask(desk, c.SetMode(mode=Mode.OBSERVE))
    reply = ask(desk, c.Undo(what="tidy"))
    assert not reply.ok and "observe mode" in reply.text


def test_the_preview_says_what_stays(desk: Desk) -> None:
    """What was built upon it is named; a task that goes on by its cron is not ended."""
    merged(desk)
    desk.common.store.stage([a_task("late", depends=("tidy",), attempts=1)], SETUP)
    text = ask(desk, c.Undo(what="tidy", preview=True)).text
    assert "what was built upon it stays: late" in text and "tidy becomes killed" in text
    again = msgspec.structs.replace(desk.common.store.tasks["tidy"], state=t.Queued())
    desk.common.store.stage([again], SETUP)
    assert "becomes killed" not in ask(desk, c.Undo(what="tidy", preview=True)).text


def test_the_steps_go_backwards_and_say_what_cannot_be(desk: Desk) -> None:
    """The last action first; what was taken back, cut off or never registered is told apart."""
    did = tuple(
        Deed(name=name, digest="d", undone=undone)
        for name, undone in zip("abcd", ("", "", "done", "begun"), strict=True)
    )
    build = a_build("tidy-1", OVER, did=did)
    assert leaves(build)
    assert steps_of(build, {"a": Compensation(name="a", run="./back a")}) == [
        "d cannot be undone: a try was cut off, and is not made twice",
        "c was taken back already",
        "b cannot be undone: no compensation is registered for b",
        "a is taken back by `./back a`",
    ]


def test_the_commit_of_an_older_record_is_read_from_its_words() -> None:
    """Builds that were merged before the commit was kept in full can be taken back too."""
    assert merged_as(a_build("tidy-1", OVER, delivered=YES)) == "0123456789ab"
    assert merged_as(a_build("tidy-1", OVER)) == ""
