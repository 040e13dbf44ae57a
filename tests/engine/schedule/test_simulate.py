"""The days to come, played: the real rules, no clock, no disk, the same answer to the same question."""

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.policy import observing
from state.model import build as b
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.view import EngineInfo
from state.model.when.context import Context, ContextRule, Override
from state.model.when.schedule import Schedule
from state.settings import DEFAULT_LIMITS, RetrySettings
from tests.engine.schedule.playing import bout, local, played, settings_of, starts
from tests.making import a_build, a_task

TEN = local("2026-03-02 22:00")
"""A Monday evening."""


def test_a_task_starts_when_a_window_takes_it() -> None:
    """What fits in the evening starts there, what needs the night waits for it."""
    result = played([a_task("short", hours=0.5), a_task("long", hours=5.0)], TEN)
    assert starts(result) == [("short", "Mon 22:00", "quick_win"), ("long", "Mon 23:00", "overnight")]
    assert bout(result, "long").context is Context.SLEEPING
    assert result.waits == ()


def test_the_same_seed_gives_the_same_answer() -> None:
    """Two simulations of the same are the same, and another seed draws other durations."""
    tasks = [a_task(f"t{number}", hours=number % 5 + 0.5) for number in range(30)]
    first = played(tasks, TEN, 7 * 24, failing=0.2)
    assert played(tasks, TEN, 7 * 24, failing=0.2) == first
    assert played(list(reversed(tasks)), TEN, 7 * 24, failing=0.2).starts == first.starts
    assert played(tasks, TEN, 7 * 24, failing=0.2, seed=1).starts != first.starts


def test_what_it_is_given_stays_as_it_was() -> None:
    """The maps of the view are the same after it as before it."""
    tasks, builds = (
        {"a": a_task("a"), "b": a_task("b")},
        {"a-1": a_build("a-1", b.Finished(ending="done", text="", at=TEN))},
    )
    before = msgspec.json.encode((tasks, builds))
    played([], TEN, view={"tasks": tasks, "builds": builds})
    assert msgspec.json.encode((tasks, builds)) == before


def test_nobody_is_assumed_to_approve() -> None:
    """What needs a yes waits for it, with all that depends on it, and the record says since when."""
    before = TEN - timedelta(days=1)
    kind = EscalationKind.APPROVAL_NEEDED
    asked = Escalation(id="e1", type=kind, priority=Urgency.HIGH, text="", created_at=before, label="feature")
    tasks = [a_task("feature", category=t.Category.NEW_FEATURE), a_task("after", depends=("feature",))]
    result = played(tasks, TEN, view={"escalations": {"e1": asked}})
    assert result.starts == ()
    feature, after = result.waits
    assert (feature.whom, feature.reason, feature.since) == ("you", "adds a new feature", asked.created_at)
    assert after.whom == "tasks"
    assert "waits until these are done: feature (awaiting approval)" in after.reason


def test_a_yes_to_everything_lets_it_start() -> None:
    """With approve_all the same tasks start one after the other, and the answer says what was assumed."""
    tasks = [a_task("feature", category=t.Category.NEW_FEATURE), a_task("after", depends=("feature",))]
    result = played(tasks, TEN, approve_all=True)
    assert [bout.label for bout in result.starts] == ["feature", "after"]
    assert bout(result, "after").at >= bout(result, "feature").ends_at
    assert "you say yes to everything at once" in result.assumed


def test_no_yes_helps_what_no_approval_helps() -> None:
    """What has no command stays held even when everything is approved."""
    (wait,) = played([a_task("idle", command="")], TEN, approve_all=True).waits
    assert (wait.state, wait.whom) == ("held", "you")


def test_a_diff_waits_for_the_operator() -> None:
    """A result that was never verified waits for review; its slot is free, and who depends on it waits too."""
    tasks = [a_task("code", repo="/srv/a", hours=0.5), a_task("after", depends=("code",), hours=0.5)]
    result = played(tasks, TEN, settings=settings_of(slots=1))
    assert [(bout.label, bout.ending) for bout in result.starts] == [("code", "review")]
    code = next(wait for wait in result.waits if wait.label == "code")
    assert (code.state, code.whom, code.since) == ("awaiting_review", "you", bout(result, "code").ends_at)
    approved = played(tasks, TEN, settings=settings_of(slots=1), approve_all=True)
    assert [bout.label for bout in approved.starts] == ["code", "after"]


def test_a_verified_fix_merges_by_itself() -> None:
    """A bug fix with a verification needs nobody."""
    result = played([a_task("code", repo="/srv/a", verify="make check")], TEN)
    assert bout(result, "code").ending == "done"
    assert result.waits == ()


def test_a_build_that_fails_is_tried_again() -> None:
    """A failure waits as the settings say, and after the last one the operator is asked."""
    settings = settings_of(retry=RetrySettings(times=2, wait_s=600.0))
    result = played([a_task("a", hours=0.2)], TEN, settings=settings, failing=1.0)
    assert [bout.attempt for bout in result.starts] == [1, 2, 3]
    for before, after in zip(result.starts, result.starts[1:], strict=False):
        assert after.at - before.ends_at == timedelta(minutes=10)
    (wait,) = result.waits
    assert (wait.state, wait.whom) == ("failed", "you")
    assert "failed 3 times" in wait.reason


def test_a_build_does_not_outlast_its_time_limit() -> None:
    """What is estimated longer than a build may run is stopped at the limit, as it would be."""
    settings = settings_of(limits=msgspec.structs.replace(DEFAULT_LIMITS, time_s=3600.0), retry=RetrySettings(times=0))
    found = bout(played([a_task("long", hours=6.0)], TEN, settings=settings), "long")
    assert found.ending == "out of time"
    assert found.ends_at - found.at == timedelta(hours=1)


def test_what_is_to_stop_with_its_window_starts_anew_in_the_next() -> None:
    """A task that is told to stop is cut off at the end of its window, and goes on in the next."""
    settings = settings_of(limits=msgspec.structs.replace(DEFAULT_LIMITS, time_s=4e5))
    result = played([a_task("long", hours=40.0, window=t.WindowUse.STOP)], TEN, 30, settings=settings)
    first, second = result.starts
    assert (first.ending, first.ends_at) == ("stopped", local("2026-03-03 07:00"))
    assert (second.at, second.window) == (local("2026-03-03 19:00"), "quick_win")


def test_builds_under_way_hold_their_slots() -> None:
    """What runs already goes on for the rest of its time, and the next one waits for its slot."""
    task = a_task("now", t.Building(build="now-1"), attempts=1, hours=2.0)
    build = a_build("now-1", b.Running(token="", pid=1, start_ticks=1, boot=""), started_at=TEN - timedelta(hours=1))
    result = played(
        [task, a_task("next", hours=0.5)], TEN, settings=settings_of(slots=1, windows=False), builds=[build]
    )
    (running,) = result.running
    assert running.ends_at >= TEN
    assert bout(result, "next").at == running.ends_at


def test_a_build_that_lasts_longer_than_drawn_is_nearly_over() -> None:
    """One that should have ended long ago ends in a minute, not in the past."""
    task = a_task("now", t.Building(build="now-1"), attempts=1, hours=0.1)
    build = a_build("now-1", b.Running(token="", pid=1, start_ticks=1, boot=""), started_at=TEN - timedelta(hours=5))
    (running,) = played([task], TEN, builds=[build]).running
    assert running.ends_at == TEN + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("control", "words"),
    [(Control(stopped=True), "the kill switch stays engaged"), (Control(paused=True), "the queue stays paused")],
)
def test_the_brakes_hold_in_a_simulation_too(control: Control, words: str) -> None:
    """While the operator lets nothing start, nothing starts, and the answer says why."""
    result = played([a_task("a")], TEN, view={"control": control})
    assert result.starts == ()
    assert any(words in text for text in result.assumed)


def test_observe_mode_is_played_as_if_it_were_live() -> None:
    """What would start is the very question, and the answer says what it assumes."""
    result = played([a_task("a")], TEN, view={"control": observing.begun(Control(), "operator:ann", TEN)})
    assert [bout.label for bout in result.starts] == ["a"]
    assert any("it is live, although it observes now" in text for text in result.assumed)


def test_a_yes_given_while_it_observes_does_not_count_in_a_simulation() -> None:
    """It would not count once live: the start and the merge wait for another yes."""
    feature = a_task("feature", category=t.Category.NEW_FEATURE)
    agreed = t.Approval(by="operator:ann", at=TEN, digest=feature.spec.digest)
    feature = msgspec.structs.replace(feature, approval=agreed)
    shown = a_task("shown", t.AwaitingReview(build="shown-1", digest="d1"))
    yes = t.Approval(by="operator:ann", at=TEN, digest="d1")
    build = a_build("shown-1", b.Reviewing(digest="d1"), digest="d1", approval=yes)
    assert [bout.label for bout in played([feature, shown], TEN, builds=[build]).starts] == ["feature"]
    assert not played([feature, shown], TEN, builds=[build]).waits
    control = observing.begun(Control(), "operator:ann", TEN)
    for label in ("feature", "shown"):
        (control,) = observing.agreed(control, label)
    result = played([feature, shown], TEN, builds=[build], view={"control": control})
    assert result.starts == ()
    assert [(wait.label, wait.whom) for wait in result.waits] == [("feature", "you"), ("shown", "you")]


def test_without_a_sandbox_nothing_starts() -> None:
    """A machine that cannot make a sandbox builds nothing in a simulation either."""
    result = played([a_task("a")], TEN, view={"engine": EngineInfo(sandbox="bwrap is not installed")})
    assert result.starts == ()
    assert "bwrap is not installed" in result.waits[0].reason


def test_the_operators_word_on_the_context_counts() -> None:
    """While he is in the gym and wants nothing built, nothing starts; after it, it does."""
    settings = settings_of(contexts={Context.GYM: ContextRule(intensity=0)})
    override = Override(context=Context.GYM, by="operator:ann", set_at=TEN, until=TEN + timedelta(minutes=30))
    result = played([a_task("a", hours=0.2)], TEN, settings=settings, view={"control": Control(override=override)})
    assert starts(result) == [("a", "Mon 22:30", "quick_win")]


def test_a_start_time_is_kept() -> None:
    """A task that names a time starts then."""
    at = TEN + timedelta(hours=3)
    assert bout(played([a_task("a", start_at=at)], TEN), "a").at == at


def test_a_task_with_a_cron_expression_comes_again() -> None:
    """Once it is done it waits for the next of its times, as often as the days have one."""
    task = a_task("nightly", cron="30 23 * * *", hours=0.5, slot=local("2026-03-02 23:30"))
    result = played([task], TEN, 72)
    assert [start[1] for start in starts(result)] == ["Mon 23:30", "Tue 23:30", "Wed 23:30"]


def test_conflicting_tasks_never_run_together() -> None:
    """Two tasks on the same repository run one after the other."""
    tasks = [a_task(label, repo="/srv/a", verify="make", hours=1.0) for label in ("a", "b")]
    first, second = played(tasks, TEN, settings=settings_of(windows=False)).starts
    assert second.at == first.ends_at


def test_says_where_the_week_overflows() -> None:
    """More work than the nights can take is told by window, in hours, with the tasks that find no room."""
    tasks = [a_task(f"t{number:02}", hours=5.0) for number in range(12)]
    result = played(tasks, TEN, 3 * 24, settings=settings_of(slots=1))
    (over,) = result.overflow
    assert over.window == "overnight"
    assert len(over.labels) + len(result.starts) == 12
    assert over.over_hours == 5.0 * len(over.labels)
    assert over.used_hours <= over.hours == 24.0
    assert {wait.whom for wait in result.waits} == {"time"}


def test_enough_room_overflows_nowhere() -> None:
    """A week that takes all its work says so by saying nothing."""
    assert played([a_task("a", hours=2.0)], TEN).overflow == ()


def test_tells_when_schedules_run() -> None:
    """The commands of schedules are told with their times, those that are off are not."""
    schedules = {
        "night": Schedule(name="night", cron="0 23 * * *", run="report nightly", zone="America/Chicago"),
        "off": Schedule(name="off", cron="0 23 * * *", run="report nightly", enabled=False),
    }
    result = played([], TEN, 48, settings=settings_of(schedules=schedules))
    assert [(slot.name, slot.at) for slot in result.commands] == [
        ("night", local("2026-03-02 23:00").astimezone(UTC)),
        ("night", local("2026-03-03 23:00").astimezone(UTC)),
    ]


def test_says_what_the_durations_come_from() -> None:
    """The answer tells how many durations were estimated and how many guessed."""
    result = played([a_task("a", hours=1.0), a_task("b")], TEN, settings=settings_of(windows=False))
    assert (
        "durations are drawn (seed 0): 1 by an estimate, 1 taken to last 1 h for want of an estimate" in result.assumed
    )


tasks_of: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        hours=st.sampled_from([None, 0.0, 0.5, 3.0, 7.0]),
        priority=st.sampled_from(t.Priority),
        category=st.sampled_from(t.Category),
        repo=st.sampled_from(["", "/srv/a", "/srv/b"]),
        verify=st.sampled_from(["", "make"]),
        window=st.sampled_from(t.WindowUse),
        blockers=st.sampled_from([(), ("a key",)]),
    ),
    max_size=12,
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(tasks_of, st.integers(1, 3), st.booleans(), st.booleans(), st.sampled_from([0.0, 0.5]))
def test_never_breaks_a_rule(
    specs: list[dict[str, Any]], slots: int, windows: bool, approve_all: bool, failing: float
) -> None:
    """Whatever is queued: never more builds than slots, never two in one repository, nothing lost on the way."""
    tasks = [
        a_task(f"t{number}", depends=(f"t{number - 1}",) if number % 4 == 3 else (), **spec)
        for number, spec in enumerate(specs)
    ]
    result = played(
        tasks, TEN, 72, settings=settings_of(slots=slots, windows=windows), approve_all=approve_all, failing=failing
    )
    for span in result.windows:
        begun = [bout for bout in result.starts if span.opens_at <= bout.at < span.closes_at]
        for one in begun:
            beside = [other for other in result.starts if other.at <= one.at < other.ends_at]
            assert len(beside) <= max(span.slots, 1)
            repos = [tasks[int(other.label[1:])].spec.repo for other in beside]
            assert max(Counter(repo for repo in repos if repo).values(), default=0) <= 1
    ended = {bout.label for bout in result.starts if bout.ending == "done" or bout.ends_at >= result.end}
    assert {wait.label for wait in result.waits} | ended == {task.label for task in tasks}


def test_a_long_queue_is_not_judged_at_every_moment() -> None:
    """A week of five hundred tasks takes some thousand looks at a task, not millions, and so no time."""
    tasks = [
        a_task(f"t{number:03}", hours=number % 7 + 0.5, repo=f"/srv/{number % 9}", verify="make")
        for number in range(500)
    ]
    result = played(tasks, TEN, 7 * 24, settings=settings_of(slots=3))
    assert len(result.starts) > 50
    assert result.decisions < 50_000


@pytest.mark.parametrize("state", [t.AwaitingApproval(findings=()), t.Held(findings=())])
def test_a_yes_to_everything_answers_what_was_asked_before(state: t.TaskState) -> None:
    """A question that is open when the simulation begins is answered by its yes to everything, too."""
    task = a_task("feature", state, category=t.Category.NEW_FEATURE)
    assert [bout.label for bout in played([task], TEN, approve_all=True).starts] == ["feature"]
    assert played([task], TEN).starts == ()
