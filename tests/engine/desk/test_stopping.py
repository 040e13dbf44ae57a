"""What ends builds, and what holds them back."""

from engine.desk.desk import Desk
from state.model import build as b
from state.model import command as c
from state.model import task as t
from tests.engine.desk.asking import SETUP, ask, desk, state_of, under_review
from tests.making import a_build, a_spec, a_task

__all__ = ["desk"]


def test_a_kill_names_its_build_and_an_older_name_is_refused(desk: Desk) -> None:
    """A kill is recorded on the running build before anything dies; one for an earlier build does nothing."""
    running = a_build("tidy-2", b.Running(token="t", pid=1, start_ticks=1, boot=""))
    desk.common.store.stage([a_task("tidy", t.Building(build="tidy-2")), running], SETUP)
    assert "not running any more" in ask(desk, c.Kill(label="tidy", build="tidy-1")).text
    assert desk.common.store.builds["tidy-2"].kill_by == ""
    assert ask(desk, c.Kill(label="tidy", build="tidy-2")).ok
    assert desk.common.store.builds["tidy-2"].kill_by == "operator:ada"


def test_killing_what_has_not_started_takes_it_out_of_the_queue(desk: Desk) -> None:
    """A queued task that is killed never starts; a finished one cannot be killed."""
    ask(desk, c.AddTasks(specs=(a_spec(),)))
    assert ask(desk, c.Kill(label="tidy")).ok
    assert state_of(desk, "tidy") == "killed"
    assert not ask(desk, c.Kill(label="tidy")).ok


def test_the_kill_switch_marks_every_build_under_way_and_arm_releases_it(desk: Desk) -> None:
    """Engaging marks running builds as killed by the operator, not those that wait for review."""
    under_review(desk)
    running = a_build("other-1", b.Running(token="t", pid=1, start_ticks=1, boot=""))
    desk.common.store.stage([a_task("other", t.Building(build="other-1")), running], SETUP)
    assert ask(desk, c.KillAll(why="smoke")).ok
    assert desk.common.store.control.stopped and desk.common.store.control.stopped_by == "operator:ada"
    assert desk.common.store.builds["other-1"].kill_by == "operator:ada"
    assert desk.common.store.builds["tidy-1"].kill_by == ""
    assert ask(desk, c.Arm()).ok
    assert not desk.common.store.control.stopped


def test_pausing_twice_is_refused(desk: Desk) -> None:
    """Pause and resume each happen once."""
    assert ask(desk, c.Pause(on=True)).ok and desk.common.store.control.paused
    assert not ask(desk, c.Pause(on=True)).ok
    assert ask(desk, c.Pause(on=False)).ok and not desk.common.store.control.paused
