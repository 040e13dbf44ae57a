"""A time of observing begins and ends."""

from engine.desk.desk import Desk
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.mode import WITHDRAWN, Mode
from tests.engine.desk.asking import SETUP, ask, desk, state_of, under_review
from tests.making import a_build, a_spec, a_task

__all__ = ["desk"]


def test_what_has_not_begun_to_run_is_withdrawn(desk: Desk) -> None:
    """A build that is being prepared never runs; one that runs goes on and is named."""
    desk.common.store.stage(
        [
            a_task("early", t.Building(build="early-1")),
            a_build("early-1", b.Preparing()),
            a_task("late", t.Building(build="late-1")),
            a_build("late-1", b.Running(token="t", pid=1, start_ticks=1, boot="b")),
        ],
        SETUP,
    )
    reply = ask(desk, c.SetMode(mode=Mode.OBSERVE))
    assert reply.ok and "still running, and not merged when done: late" in reply.text
    builds = desk.common.store.builds
    assert (builds["early-1"].kill_by, builds["late-1"].kill_by) == (WITHDRAWN, "")


def test_the_mode_that_it_is_in_already_is_refused(desk: Desk) -> None:
    """Saying the same twice is answered, and changes nothing."""
    before = desk.common.store.number
    reply = ask(desk, c.SetMode(mode=Mode.LIVE))
    assert not reply.ok and "live already" in reply.text
    assert desk.common.store.number == before


def test_a_yes_given_while_observing_is_asked_for_again(desk: Desk) -> None:
    """Neither a start nor a merge that was approved then happens when it goes live."""
    under_review(desk)
    assert ask(desk, c.SetMode(mode=Mode.OBSERVE)).ok
    asks = a_spec("feature", category=t.Category.NEW_FEATURE)
    assert ask(desk, c.AddTasks(specs=(asks,))).ok
    assert ask(desk, c.Approve(label="feature", digest=asks.digest)).ok
    assert ask(desk, c.Approve(label="tidy", digest="d1")).ok
    reply = ask(desk, c.SetMode(mode=Mode.LIVE))
    assert reply.ok and "asks again: " in reply.text
    assert state_of(desk, "feature") == "awaiting_approval"
    assert not desk.common.store.builds["tidy-1"].approved
