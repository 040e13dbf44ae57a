"""Tests of what happened when."""

from datetime import timedelta

from engine.learning.patterns.history import REACHES, gather
from engine.learning.patterns.likeness import of_task
from state.model import build as b
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.learning.pattern import SOURCE, Pattern, Prebuilt
from tests.engine.learning.histories import CHICAGO, DAY, TO, a_view, done, wall
from tests.making import a_build


def labels(view, like) -> list[tuple[str, str]]:
    found = gather(view, CHICAGO).tasks.get(of_task(like.spec), [])
    return [(one.label, f"{one.wall:%H:%M}") for one in found]


def test_it_is_told_by_the_clock_on_the_wall() -> None:
    """The same hour before and after the clocks change is the same hour."""
    summer, winter = done("a-1", wall(TO - 40 * DAY, 9)), done("a-2", wall(TO - DAY, 9))
    assert summer.added_at.hour != winter.added_at.hour
    assert labels(a_view({"a-1": summer, "a-2": winter}), summer) == [("a-1", "09:00"), ("a-2", "09:00")]


def test_what_is_too_old_or_yet_to_come_is_left_out() -> None:
    """A record that was made under a wrong clock does not reach into the future."""
    tasks = {
        label: done(label, at, title="Tidy")
        for label, at in {"old": TO - REACHES - DAY, "ours": TO - DAY, "later": TO + DAY}.items()
    }
    assert [label for label, _ in labels(a_view(tasks), tasks["ours"])] == ["ours"]


def test_a_burst_is_one_wish() -> None:
    """Twenty like tasks of one file do not make a habit."""
    tasks = {f"a-{n}": done(f"a-{n}", TO - DAY + timedelta(seconds=n)) for n in range(20)}
    assert len(labels(a_view(tasks), tasks["a-1"])) == 1


def test_what_comes_by_its_own_cron_expression_is_no_habit() -> None:
    """Nobody need learn what is written down already."""
    task = done("a", TO - DAY, cron="0 9 * * *")
    assert labels(a_view({"a": task}), task) == []


def test_what_is_built_anew_after_it_was_done_is_wanted_again() -> None:
    """`retry` of a task that was done is the same wish once more; a second attempt at the same is not."""
    task = done("a", wall(TO - 3 * DAY, 9))
    ends = [("done", 3), ("failed", 2), ("done", 2)]
    builds = {}
    for number, (ending, back) in enumerate(ends, 1):
        at = wall(TO - back * DAY, 9 + number)
        builds[f"a-{number}"] = a_build(f"a-{number}", b.Finished(ending=ending, text="", at=at), created_at=at)
    assert labels(a_view({"a": task}, builds=builds), task) == [("a", "09:00"), ("a", "11:00")]


def test_what_was_built_ahead_counts_when_it_was_taken() -> None:
    """At the time that it was meant for, not when it was queued; one that was refused counts as nothing."""
    queued = wall(TO - DAY, 4)
    taken = done("a-1", queued, title="Tidy", source=SOURCE)
    refused = t.Task(
        spec=done("a-2", queued, title="Tidy", source=SOURCE).spec,
        state=t.Killed(build="", text="denied", at=queued),
        added_at=queued,
    )
    made = tuple(Prebuilt(at=wall(TO - DAY, 9), label=label) for label in ("a-1", "a-2"))
    pattern = Pattern(
        id="p", text="", noted_at=queued, confidence=0.9, low=0.5, high=1, hits=9, occasions=9, prebuilt=made
    )
    view = a_view({"a-1": taken, "a-2": refused}, patterns={"p": pattern})
    assert labels(view, taken) == [("a-1", "09:00")]


def test_answers_are_those_to_what_was_asked_for_a_yes() -> None:
    """When approvals and reviews are answered tells when the operator is there; other questions close by themselves."""
    asked = {
        kind.value: Escalation(
            id=kind.value,
            type=kind,
            priority=Urgency.LOW,
            text="",
            created_at=TO - DAY,
            answered_at=TO - timedelta(hours=at),
            answer="approved",
        )
        for at, kind in enumerate(
            [EscalationKind.APPROVAL_NEEDED, EscalationKind.REVIEW_NEEDED, EscalationKind.SYSTEM_HEALTH], 1
        )
    }
    assert len(gather(a_view({}, escalations=asked), CHICAGO).answers) == 2
