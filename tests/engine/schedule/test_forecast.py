"""When what waits will start."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.facts import gather, rules_of
from engine.policy.moment import window
from engine.schedule.almanac import Almanac
from engine.schedule.durations import Durations
from engine.schedule.forecast import Cause, Forecast, forecast
from engine.schedule.windows import AHEAD
from engine.telemetry.history import History
from state.model import build as b
from state.model import task as t
from state.model.brakes.breaker import COMMAND, Breaker, Open
from state.model.brakes.usage import Usage
from state.model.control import Control
from state.model.mode import Observation
from state.model.view import EngineInfo, View
from state.model.when.context import Context, Override
from state.settings import QueueSettings, Settings
from state.settings.values import TimeSettings
from state.settings.windows import BUILT_IN
from state.zones import zone_of
from tests.making import a_build, a_task

CHICAGO = zone_of("America/Chicago")
MONDAY = datetime(2026, 2, 9, tzinfo=CHICAGO).astimezone(UTC)
PLAIN = Settings(queue=QueueSettings(slots=1), time=TimeSettings(zone="America/Chicago"))
WEEK = msgspec.structs.replace(PLAIN, windows=BUILT_IN)
REVIEWED = {"verify": "true"}


def at(hour: float) -> datetime:
    return MONDAY + timedelta(hours=hour)


def see(
    *tasks: t.Task,
    hour: float = 12,
    told: Settings = WEEK,
    builds: tuple[b.Build, ...] = (),
    breakers: tuple[Breaker, ...] = (),
    usage: tuple[Usage, ...] = (),
    **control: Any,
) -> dict[str, Forecast]:
    """The forecast of tasks at an hour of Monday."""
    now = at(hour)
    own = Control(**control)
    almanac = Almanac(told)
    view = View(
        at=now,
        control=own,
        engine=EngineInfo(situation=almanac.situation(now, own), sandbox="", limits=usage),
        breakers={known.key: known for known in breakers},
        tasks={task.label: task for task in tasks},
        builds={build.id: build for build in builds},
    )
    changes = almanac.changes(now, now + AHEAD, own)
    durations = Durations(History(view.tasks, view.builds.values()))
    return forecast(view, gather(view, told, now), rules_of(told), changes, durations)


def hours(found: dict[str, Forecast]) -> dict[str, float | None]:
    """The starts as hours of Monday."""
    return {
        label: None if each.starts_at is None else (each.starts_at - MONDAY).total_seconds() / 3600
        for label, each in found.items()
    }


def queue(*labels: str, **changes: Any) -> list[t.Task]:
    """Tasks in this order."""
    return [
        a_task(label, added_at=MONDAY + timedelta(seconds=number), **changes) for number, label in enumerate(labels)
    ]


def running(label: str, hour: float, **changes: Any) -> tuple[t.Task, b.Build]:
    build = a_build(f"{label}-1", b.Running(token="t", pid=1, start_ticks=1, boot=""), started_at=at(hour))
    return a_task(label, t.Building(build=build.id), **changes), build


def test_a_build_lasts_as_long_as_such_builds_did() -> None:
    """Once ten builds of a kind have ended well, their median counts and the estimate does not."""
    lasted = timedelta(minutes=30)
    ran = b.Check(result=b.Result.YES, at=MONDAY + lasted)
    over = b.Finished(ending="done", text="", at=MONDAY + lasted)
    old = [
        a_task(f"t{number}", t.Done(build=f"t{number}-1", note="", at=MONDAY), command="make") for number in range(10)
    ]
    builds = tuple(a_build(task.build, over, started_at=MONDAY, executed=ran) for task in old)
    found = see(*old, *queue("a", "b", hours=4, command="make"), told=PLAIN, builds=builds)
    assert hours(found) == {"a": 12, "b": 12.5}


def test_one_after_the_other_where_there_is_one_slot() -> None:
    """Without windows each starts when the one before it ends, by its estimate."""
    found = see(*queue("a", "b", hours=2), *queue("c"), told=PLAIN)
    assert hours(found) == {"a": 12, "c": 14, "b": 15}
    assert [found["a"].cause, found["b"].cause] == [Cause.NOW, Cause.SLOT]


def test_windows_and_what_is_left_of_them() -> None:
    """A short one starts in the evening, a long one in the night, and what does not fit any more a night later."""
    found = see(*queue("short", hours=2), *queue("long", hours=5), *queue("longer", hours=6))
    assert hours(found) == {"short": 19, "long": 23, "longer": 47}
    assert found["short"].text == "when the quick_win window opens"
    assert [found[label].cause for label in ("short", "long", "longer")] == [Cause.WINDOW] * 3


def test_high_priority_needs_no_window() -> None:
    """It starts at once, and takes the slot that others would have had."""
    found = see(*queue("urgent", priority=t.Priority.HIGH, hours=10), *queue("short", hours=1))
    assert hours(found) == {"urgent": 12, "short": 22}
    assert found["short"].cause is Cause.SLOT


def test_what_runs_is_taken_to_last_as_long_as_it_was_estimated() -> None:
    """And one that has lasted longer already to be nearly over."""
    task, build = running("old", 11, hours=3)
    assert hours(see(task, *queue("next"), told=PLAIN, builds=(build,))) == {"next": 14}
    late, its = running("old", 1, hours=3)
    assert hours(see(late, *queue("next"), told=PLAIN, builds=(its,))) == {"next": pytest.approx(12 + 1 / 60)}


def test_times_retries_and_dependencies() -> None:
    """A start time, the next try and the end of what it depends on are each waited for."""
    told = msgspec.structs.replace(PLAIN, queue=QueueSettings(slots=9))
    found = see(
        a_task("later", start_at=at(20)),
        a_task("again", t.Retrying(at=at(12.5), text="")),
        a_task("first", hours=3, **REVIEWED),
        a_task("second", depends=("first",), hours=1, **REVIEWED),
        a_task("third", depends=("second", "first"), start_at=at(13)),
        told=told,
    )
    assert hours(found) == {"later": 20, "again": 12.5, "first": 12, "second": 15, "third": 16}
    assert found["later"].cause is found["again"].cause is Cause.TIME
    assert found["third"].text == "after second, on which it depends"


def test_brakes_on_all_builds_are_waited_for() -> None:
    """An hour that is used up, and a breaker that is open, are over at a moment that is known."""
    told = msgspec.structs.replace(PLAIN, queue=QueueSettings(slots=9))
    used = Usage(figure="usd_per_h", used=10, limit=10, window_s=3600.0, frees=((at(12.5), 10),))
    opened = Breaker(runner=COMMAND, repo="/r", state=Open(since=at(11), until=at(14)))
    found = see(a_task("a"), a_task("b", repo="/r"), told=told, breakers=(opened,), usage=(used,))
    assert hours(found) == {"a": 12.5, "b": 14}
    assert found["a"].cause is found["b"].cause is Cause.LIMIT
    assert found["b"].text == "when the breaker of command:/r lets one try"


def test_what_touches_the_same_files_comes_after() -> None:
    """Never at the same time, however many slots are free."""
    told = msgspec.structs.replace(PLAIN, queue=QueueSettings(slots=9))
    found = see(*queue("a", "b", repo="/r", hours=2), *queue("c", repo="/other"), told=told)
    assert hours(found) == {"a": 12, "b": 14, "c": 12}
    assert found["b"].text == "after a, which touches the same files"


@pytest.mark.parametrize(
    ("tasks", "control", "text"),
    [
        ([a_task("x", t.AwaitingApproval(findings=()))], {}, "waits for you"),
        ([a_task("x", t.Held(findings=()))], {}, "waits for you"),
        (queue("x"), {"stopped": True}, "the kill switch is engaged"),
        (queue("x"), {"paused": True}, "the queue is paused"),
        (queue("x"), {"observation": Observation(since=MONDAY, by="x")},
         "it observes: nothing executes until `midwatch mode live`"),
        ([a_task("x", depends=("y",)), a_task("y", t.Held(findings=()))], {}, "y, on which it depends, waits for you"),
        (
            [a_task("x", depends=("y",)), a_task("y", t.Failed(build="", text="", at=MONDAY))],
            {},
            "y, on which it depends, cannot be done",
        ),
        (
            [a_task("x", depends=("y",)), a_task("y", category=t.Category.NEW_FEATURE, forced=True)],
            {},
            "you must see the diff of y first, on which it depends",
        ),
        ([a_task("x", depends=("y",)), a_task("y", start_at=at(999), **REVIEWED)], {},
         "y, on which it depends, is not done within two weeks"),
        (queue("x", start_at=at(24 * 30)), {}, "there is no room for it within two weeks"),
        (queue("x"), {"override": Override(context=Context.MEETING, by="x", set_at=MONDAY)},
         "there is no room for it within two weeks"),
    ],
)  # fmt: skip
def test_what_does_not_start_by_itself_says_why(tasks: list[t.Task], control: dict[str, Any], text: str) -> None:
    """No moment is better than one that is made up."""
    found = see(*tasks, **control)["x"]
    assert (found.starts_at, found.cause, found.text) == (None, Cause.NEVER, text)


def test_a_context_that_ends_makes_room() -> None:
    """The operator's word until 13:30 keeps everything back until then."""
    word = Override(context=Context.MEETING, by="x", set_at=MONDAY, until=at(13.5))
    assert hours(see(*queue("x", priority=t.Priority.HIGH), override=word)) == {"x": 13.5}


def test_only_what_waits_is_forecast() -> None:
    """What runs or is over has started."""
    task, build = running("runs", 11)
    assert see(task, a_task("over", t.Done(build="", note="", at=MONDAY)), builds=(build,)) == {}


tasks: st.SearchStrategy[list[dict[str, Any]]] = st.lists(
    st.builds(
        dict,
        hours=st.sampled_from([None, 1.0, 2.0, 5.0, 6.0, 12.0]),
        priority=st.sampled_from([t.Priority.HIGH, t.Priority.MEDIUM]),
        window=st.sampled_from(t.WindowUse),
        repo=st.sampled_from(["", "/r"]),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(tasks, st.integers(0, 167), st.integers(1, 3))
def test_what_is_forecast_is_what_the_rules_allow(found: list[dict[str, Any]], hour: int, slots: int) -> None:
    """At the moment that is told the window takes it, and never are there more builds than slots or conflicts."""
    told = msgspec.structs.replace(WEEK, queue=QueueSettings(slots=slots))
    made = [
        a_task(f"t{number}", added_at=MONDAY + timedelta(seconds=number), **each) for number, each in enumerate(found)
    ]
    answer = see(*made, hour=hour, told=told)
    assert answer.keys() == {task.label for task in made}
    almanac = Almanac(told)
    lasting = {}
    for task in made:
        start = answer[task.label].starts_at
        if start is None:
            continue
        assert start >= at(hour)
        spans = almanac.week.spans(at(hour) - timedelta(days=2), at(hour) + AHEAD + timedelta(days=1))
        open_now = next((span for span in spans if span.opens_at <= start < span.closes_at), None)
        assert window.takes(task.spec, open_now, start)
        lasting[task.label] = (start, start + timedelta(hours=task.spec.hours or 1))
    for label, (start, _) in lasting.items():
        beside = [other for other, (begins, ends) in lasting.items() if begins <= start < ends]
        assert len(beside) <= max(slots, 1)
        if made[int(label[1:])].spec.repo:
            assert [other for other in beside if made[int(other[1:])].spec.repo] == [label]


def test_a_long_queue_is_quickly_told() -> None:
    """Ten thousand tasks, most of which have no room within two weeks, are not looked at again and again."""
    many = [
        a_task(f"t{number}", added_at=MONDAY + timedelta(seconds=number), hours=1 + number % 6)
        for number in range(10_000)
    ]
    looked = 0
    real = window.takes

    def counting(*words: Any) -> bool:
        nonlocal looked
        looked += 1
        return real(*words)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.schedule.forecast.window.takes", counting)
        answer = see(*many)
    assert looked < 20_000
    assert sum(each.starts_at is not None for each in answer.values()) > 50
