"""A decision's story in lines."""

import pytest

from engine.reports.chronicle import lines, sure
from engine.reports.story import Event, Fact, told
from state.journal import Decision
from tests.making import NOON

DECISION = Decision(
    seq=7,
    at=NOON,
    actor="engine",
    action="build_decided",
    why="each of the rules allows it",
    label="tidy",
    options=("start now", "leave it"),
    known=(("slots", "a slot is free"), ("budget", "within it")),
    prev="p",
    hash="h",
)


def test_a_story_has_what_was_known_possible_chosen_and_came_of_it() -> None:
    """Each line names what it tells, once for all that is of one kind."""
    outcome = (Event(seq=8, at=NOON, action="build_started", why="its command was started"),)
    found = lines(told(DECISION, outcome, (Fact(name="task tidy", value="building"),)), lambda at: f"{at:%H:%M}")
    assert found == [
        "entry    7", "at       12:00", "actor    engine", "action   build_decided", "task     tidy",
        "known    slots: a slot is free", "         budget: within it", "options  start now; leave it",
        "chosen   start now", "why      each of the rules allows it", "sure     a fixed rule decided",
        "made     task tidy: building", "then     8  12:00  build_started: its command was started",
        "after    p", "hash     h",
    ]  # fmt: skip
    assert "then     nothing on record came of it yet" in lines(told(DECISION), str)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, "a fixed rule decided"), ({"actor": "operator:ada"}, "a person decided"), ({"confidence": 0.7}, "70%")],
)
def test_it_says_how_sure_it_was(changes: dict[str, object], words: str) -> None:
    """By a rule, by a person, or by so much."""
    import msgspec

    assert sure(told(msgspec.structs.replace(DECISION, **changes))) == words
