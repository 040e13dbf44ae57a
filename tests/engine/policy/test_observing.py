"""What is remembered of a time of observing."""

from datetime import timedelta

from engine.policy import observing
from engine.policy.estimate import ASSUMED_S
from state.model.brakes.usage import Amount, Usage
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


def test_what_would_run_reserves_what_it_was_taken_to_need() -> None:
    """Until its estimate is over, as a build that is under way does."""
    task = a_task("tidy", hours=2.0)
    known = observing.noted(OBSERVING, task, NOON, Amount(spent=6))
    (active,) = observing.occupied(known, {"tidy": task}, NOON + HOUR)
    assert (active.rest, active.category) == (Amount(spent=6), task.spec.category)


def test_what_would_be_over_counts_as_used_for_as_long_as_a_limit_lasts() -> None:
    """In the scopes that are its own, beside what was really used, and not for ever; live nothing is added."""
    task = a_task("tidy", hours=1.0)
    known, tasks = observing.noted(OBSERVING, task, NOON, Amount(spent=6, calls=90, files=2)), {"tidy": task}
    real = (NOON + 2.5 * HOUR, 1)
    usage = (
        Usage(figure="usd_per_h", used=1, limit=10, window_s=3600.0, frees=(real,)),
        Usage(figure="usd_per_h", used=0, limit=10, window_s=3600.0, scope="task:other"),
        Usage(figure="calls_per_min", used=0, limit=100, window_s=60.0),
        Usage(figure="calls_per_night", used=0, limit=100, window_s=0.0),
    )
    night = (NOON, NOON + 8 * HOUR)
    assert observing.taken(known, tasks, usage, NOON + HOUR / 2, night) == usage
    found = observing.taken(known, tasks, usage, NOON + HOUR, night)
    assert [one.used for one in found] == [7, 0, 0, 90]
    assert found[0].frees == ((NOON + 2 * HOUR, 6), real) and found[3].frees == ((night[1], 90),)
    assert [one.used for one in observing.taken(known, tasks, usage, NOON + 2 * HOUR, night)] == [1, 0, 0, 90]
    later = (NOON + 24 * HOUR, NOON + 32 * HOUR)
    assert observing.taken(known, tasks, usage, NOON + 25 * HOUR, later) == usage
    assert observing.taken(LIVE, tasks, usage, NOON + HOUR, night) == usage
