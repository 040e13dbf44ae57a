"""What is put on record of patterns, and when something is queued ahead for one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.desk.desk import Desk
from engine.questions import Questions
from state.files import create_workspace
from state.model import command as c
from state.model import task as t
from state.model.learning.pattern import SOURCE, Pattern, Prebuilt
from state.settings import Settings
from state.settings.learning.patterns import PatternSettings
from state.store import Store
from tests.engine.desk.asking import SETUP, ask, state_of
from tests.making import NOON, ManualClock, a_spec, a_task

SEEN = Pattern(id="p1", text="it comes", noted_at=NOON, confidence=0.9, low=0.7, high=1.0, hits=12, occasions=12)
AHEAD = c.BuildAhead(
    pattern="p1",
    at=NOON + timedelta(hours=5),
    since=NOON - timedelta(hours=19),
    spec=a_spec("tidy-2", title="Tidy"),
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk that may queue ahead."""
    clock = ManualClock()
    settings = Settings(patterns=PatternSettings(prebuild=True))
    with Store.open(create_workspace(tmp_path), clock) as store:
        yield Desk(store, settings, clock, Questions(store))


def note(desk: Desk, *seen: Pattern) -> str:
    reply = ask(desk, c.NotePatterns(seen=seen))
    assert reply.ok
    return reply.text


def test_each_pattern_is_noted_once(desk: Desk) -> None:
    """With the moment of it; afterwards only figures that have moved are written down."""
    assert note(desk, SEEN) == "1 patterns, 1 of them not noted before"
    assert isinstance(desk.common.clock, ManualClock)
    desk.common.clock.forward(86_400)
    before = desk.common.store.number
    assert note(desk, SEEN) == "1 patterns, 0 of them not noted before"
    assert desk.common.store.number == before
    note(desk, msgspec.structs.replace(SEEN, confidence=0.5, noted_at=NOON + timedelta(days=9)))
    row = desk.common.store.patterns["p1"]
    assert (row.confidence, row.noted_at) == (0.5, NOON)


def test_nobody_but_the_desk_says_what_was_built_ahead(desk: Desk) -> None:
    """What a face tells of it is not believed."""
    note(desk, msgspec.structs.replace(SEEN, prebuilt=(Prebuilt(at=AHEAD.at, label="x"),)))
    assert desk.common.store.patterns["p1"].prebuilt == ()


def test_a_task_is_queued_ahead_as_if_it_were_added(desk: Desk) -> None:
    """By the same checks, told as coming from a pattern, whatever the face says; the occurrence is taken."""
    note(desk, SEEN)
    command = msgspec.structs.replace(AHEAD, spec=msgspec.structs.replace(AHEAD.spec, source="command line"))
    assert ask(desk, command).text == "tidy-2: queued"
    assert desk.common.store.tasks["tidy-2"].spec.source == SOURCE
    assert [made.label for made in desk.common.store.patterns["p1"].prebuilt] == ["tidy-2"]


def test_what_needs_approval_needs_it_ahead_too(desk: Desk) -> None:
    """The gate is the same."""
    note(desk, SEEN)
    spec = msgspec.structs.replace(AHEAD.spec, category=t.Category.NEW_FEATURE)
    assert ask(desk, msgspec.structs.replace(AHEAD, spec=spec)).ok
    assert state_of(desk, "tidy-2") == "awaiting_approval"


def test_each_occurrence_is_served_once(desk: Desk) -> None:
    """The second time, somewhat later on the same day, is refused; that of the next day is not."""
    note(desk, SEEN)
    assert ask(desk, AHEAD).ok
    desk.common.store.stage([a_task("tidy-2", t.Done(build="", note="", at=NOON), added_at=NOON)], SETUP)
    again = msgspec.structs.replace(
        AHEAD, at=AHEAD.at + timedelta(minutes=30), since=NOON + timedelta(hours=1), spec=a_spec("tidy-3", title="Tidy")
    )
    refused = ask(desk, again)
    assert not refused.ok and "something was queued already for 17:30" in refused.text
    assert ask(desk, msgspec.structs.replace(again, at=AHEAD.at + timedelta(days=1))).ok


@pytest.mark.parametrize(
    ("task", "ok"),
    [
        (a_task("tidy-1", title="Tidy 1", added_at=NOON - timedelta(days=9)), False),
        (a_task("tidy-1", t.Done(build="", note="", at=NOON), title="Tidy 1", added_at=NOON), False),
        (a_task("tidy-1", t.Done(build="", note="", at=NOON), title="Tidy 1", added_at=NOON - timedelta(days=9)), True),
        (a_task("other", title="Something else"), True),
    ],
)
def test_never_beside_or_after_a_like_task(desk: Desk, task: t.Task, ok: bool) -> None:
    """One that waits, or one that came since the last occasion, is what was expected."""
    note(desk, SEEN)
    desk.common.store.stage([task], SETUP)
    reply = ask(desk, AHEAD)
    assert reply.ok is ok
    assert ok or "a like task is there already" in reply.text


def test_nothing_is_queued_ahead_until_the_operator_allows_it(desk: Desk, tmp_path: Path) -> None:
    """Switched off, unknown, or not sure enough: refused with what to do."""
    assert "there is no pattern 'p1'" in ask(desk, AHEAD).text
    note(desk, msgspec.structs.replace(SEEN, confidence=0.8))
    assert "not sure enough to build ahead for it: 80%" in ask(desk, AHEAD).text
    clock = ManualClock()
    with Store.open(create_workspace(tmp_path / "other"), clock) as store:
        off = Desk(store, Settings(), clock, Questions(store))
        note(off, SEEN)
        refused = ask(off, AHEAD)
        assert not refused.ok and "[patterns] prebuild = true" in refused.text
        assert not store.tasks
