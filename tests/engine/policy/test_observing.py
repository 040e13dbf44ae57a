"""What is remembered of a time of observing."""

from datetime import timedelta

from engine.policy import observing
from engine.policy.estimate import ASSUMED_S
from state.model.control import Control
from state.model.mode import Mode
from tests.making import NOON, a_task

HOUR = timedelta(hours=1)
LIVE = Control()
OBSERVING = observing.begun(LIVE, "operator:ann", NOON)


def test_observing_begins_and_ends() -> None:
    """The record says since when and by whom, and nothing of it is left once it is live."""
    assert LIVE.mode is Mode.LIVE
    assert OBSERVING.mode is Mode.OBSERVE
    assert OBSERVING.observation is not None
    assert (OBSERVING.observation.since, OBSERVING.observation.by) == (NOON, "operator:ann")
    assert observing.ended(OBSERVING) == LIVE


def test_it_ends_by_itself_only_where_that_was_asked_for() -> None:
    """Without a duration nothing is foreseen; with one, its end."""
    assert observing.next_change(OBSERVING, NOON) is None
    assert observing.next_change(LIVE, NOON) is None
    week = observing.begun(LIVE, "the settings", NOON, 7 * 86400.0)
    assert observing.next_change(week, NOON) == NOON + timedelta(days=7)


def test_a_start_takes_a_slot_for_as_long_as_it_is_estimated() -> None:
    """Until its estimate is over it occupies what its build would; after that it does not."""
    task = a_task("tidy", hours=2.0, repo="/r", paths=("src",))
    known = observing.noted(OBSERVING, task, NOON)
    tasks = {"tidy": task}
    (active,) = observing.occupied(known, tasks, NOON + HOUR)
    assert (active.label, active.build, active.repo, active.paths) == ("tidy", "", "/r", ("src",))
    assert observing.occupied(known, tasks, NOON + 2 * HOUR) == ()
    assert observing.occupied(known, {}, NOON + HOUR) == ()
    assert observing.next_change(known, NOON + HOUR) == NOON + 2 * HOUR
    assert observing.next_change(known, NOON + 3 * HOUR) is None


def test_without_an_estimate_it_takes_the_usual_time() -> None:
    """A task without an estimate is taken to last what the rules on windows take it to last."""
    known = observing.noted(OBSERVING, a_task("tidy"), NOON)
    assert known.observation is not None
    assert known.observation.would[0].until == NOON + timedelta(seconds=ASSUMED_S)


def test_each_task_is_decided_once_for_each_spec() -> None:
    """A later decision on a task takes the place of the earlier one."""
    first, second = a_task("tidy"), a_task("tidy", title="Tidy up more")
    known = observing.noted(observing.noted(OBSERVING, first, NOON), second, NOON + HOUR)
    assert observing.decided(known) == {"tidy": second.spec.digest}
    assert observing.decided(LIVE) == {}


def test_a_yes_is_remembered_while_it_observes() -> None:
    """Each task once; while it is live there is nothing to remember."""
    (once,) = observing.agreed(OBSERVING, "tidy")
    (twice,) = observing.agreed(once, "tidy")
    assert once == twice
    assert once.observation is not None
    assert once.observation.agreed == ("tidy",)
    assert observing.agreed(LIVE, "tidy") == ()
