"""What is put on record of problems, and when nothing is fixed."""

import pytest

from engine.desk.desk import Desk
from state.model import command as c
from state.model.learning.commands import BeginFixes, NoteProblems, RecordFixes
from state.model.learning.problem import Fix, Fixed, Kind, Severity, Sighting
from state.model.mode import Mode
from tests.engine.desk.asking import ask, desk, questions
from tests.making import ManualClock

__all__ = ["desk"]

LEFT = Sighting(kind=Kind.GROWING, subject="old-builds", severity=Severity.LOW, text="much is left", fix=Fix.ROOM)
FULL = Sighting(kind=Kind.DISK, subject="/", severity=Severity.CRITICAL, text="the disk is full")
ALL = tuple(Kind)


def note(desk: Desk, *seen: Sighting) -> str:
    reply = ask(desk, NoteProblems(seen=seen, looked=ALL))
    assert reply.ok
    desk.common.store.flush()
    return reply.text


def begin(desk: Desk, *names: str) -> c.Reply:
    return ask(desk, BeginFixes(ids=names or (LEFT.id,)))


def test_a_look_is_one_entry_with_what_it_changed(desk: Desk) -> None:
    """It says what is new and what is gone; a look that changes nothing leaves no entry."""
    before = desk.common.store.number
    assert note(desk) == "0 problems, 0 of them not seen before, 0 gone"
    assert desk.common.store.number == before
    assert note(desk, LEFT, FULL) == "2 problems, 2 of them not seen before, 0 gone"
    assert note(desk, FULL) == "1 problem, 0 of them not seen before, 1 gone"
    assert desk.common.store.number == before + 2
    assert {name: row.open for name, row in desk.common.store.problems.items()} == {LEFT.id: False, FULL.id: True}


def test_the_operator_is_asked_once_about_what_is_critical(desk: Desk) -> None:
    """One question with a counter, which goes by itself when the problem does; others are no question."""
    for _ in range(3):
        note(desk, FULL, LEFT)
    [asked] = desk.common.store.escalations.values()
    assert (asked.text, asked.count, asked.priority.value, asked.open) == (FULL.text, 3, "urgent", True)
    note(desk)
    assert questions(desk, "problem:disk:/") == [("system_health", "it is not there any more")]


def test_a_question_that_was_closed_is_not_asked_again_for_a_day(desk: Desk) -> None:
    """The operator knows; unless the problem goes and comes back."""
    clock = desk.common.clock
    assert isinstance(clock, ManualClock)
    note(desk, FULL)
    assert ask(desk, c.Deny(label="problem:disk:/", digest="")).ok
    for hours in (6, 12):
        clock.forward(hours * 3600)
        note(desk, FULL)
    assert len(desk.common.store.escalations) == 1
    clock.forward(7 * 3600)
    note(desk, FULL)
    assert [asked.open for asked in desk.common.store.escalations.values()] == [False, True]
    assert ask(desk, c.Deny(label="problem:disk:/", digest="")).ok
    clock.forward(3600)
    note(desk)
    note(desk, FULL)
    assert [asked.open for asked in desk.common.store.escalations.values()] == [False, False, True]


def test_a_question_goes_when_it_is_critical_no_more(desk: Desk) -> None:
    """The problem may still be there."""
    note(desk, FULL)
    note(desk, Sighting(kind=Kind.DISK, subject="/", severity=Severity.HIGH, text="nearly full"))
    assert questions(desk, "problem:disk:/") == [("system_health", "it is high now")]
    assert desk.common.store.problems["disk:/"].open
    note(desk, FULL)
    assert len(questions(desk, "problem:disk:/")) == 2


def test_what_is_fixed_is_on_record_before_and_after(desk: Desk) -> None:
    """What came of it counts on the problem's row."""
    note(desk, LEFT)
    assert begin(desk).ok
    reply = ask(desk, RecordFixes(fixes=(Fixed(id=LEFT.id, ok=True, text="3 folders removed"),)))
    assert reply.text == "1 of 1 fixed"
    assert desk.common.store.problems[LEFT.id].fixes == 1
    note(desk)
    assert desk.common.store.problems[LEFT.id].gone == "it was fixed"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("disk:/", "nothing can be done about disk:/ without you: the disk is full"), ("disk:/x", "there is no problem")],
)
def test_what_cannot_be_fixed_is_refused(desk: Desk, name: str, complaint: str) -> None:
    """A problem that has no fix, and one that is not there."""
    note(desk, FULL)
    refused = begin(desk, name)
    assert not refused.ok and complaint in refused.text


def test_nothing_is_fixed_while_the_switch_is_engaged(desk: Desk) -> None:
    """On record or only by its file; released, the same is fixed."""
    note(desk, LEFT)
    ask(desk, c.KillAll())
    assert "the kill switch is engaged, so nothing is fixed" in begin(desk).text
    ask(desk, c.Arm())
    desk.common.store.workspace.stop.touch()
    assert "the kill switch is engaged, so nothing is fixed" in begin(desk).text
    desk.common.store.workspace.stop.unlink()
    assert begin(desk).ok


def test_nothing_is_fixed_in_observe_mode(desk: Desk) -> None:
    """Live again, the same is fixed."""
    note(desk, LEFT)
    ask(desk, c.SetMode(mode=Mode.OBSERVE))
    refused = begin(desk)
    assert not refused.ok and "observe mode" in refused.text
    ask(desk, c.SetMode(mode=Mode.LIVE))
    assert begin(desk).ok


def test_nothing_is_fixed_while_deciding_fails(desk: Desk) -> None:
    """What the record says may not be so then."""
    note(desk, LEFT)
    ask(desk, c.ReportFault(text="the record is damaged"))
    refused = begin(desk)
    assert not refused.ok and "`midwatch resume`" in refused.text
