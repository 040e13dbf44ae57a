"""A failure of deciding pauses everything, asks once and is counted."""

from engine.desk.desk import Desk
from engine.desk.faults import SUBJECT
from state.model import command as c
from tests.engine.desk.asking import ask, desk, questions

__all__ = ["desk"]


def test_a_reported_fault_pauses_and_asks_once(desk: Desk) -> None:
    """The same fault after each resume is one question with a higher count, and the record keeps the count."""
    for count in (1, 2, 3):
        assert ask(desk, c.ReportFault(text="the chain\nis broken")).ok
        control = desk.common.store.control
        assert control.paused and control.manual
        assert control.fault is not None
        assert (control.fault.text, control.fault.count) == ("the chain is broken", count)
        assert ask(desk, c.Pause(on=False)).ok
        assert not desk.common.store.control.manual
    assert questions(desk, SUBJECT) == [("system_health", "")]
    [question] = desk.common.store.escalations.values()
    assert (question.count, question.priority.value) == (3, "urgent")
    assert "(for the 3rd time)" in question.text and "midwatch resume" in question.text


def test_another_fault_is_counted_from_one(desk: Desk) -> None:
    """What fails in another way is not the same trouble."""
    ask(desk, c.ReportFault(text="one"))
    ask(desk, c.ReportFault(text="other"))
    fault = desk.common.store.control.fault
    assert fault is not None and (fault.text, fault.count) == ("other", 1)


def test_the_question_is_closed_once_deciding_works(desk: Desk) -> None:
    """It is answered by itself, and only once on record."""
    ask(desk, c.ReportFault(text="one"))
    ask(desk, c.Pause(on=False))
    desk.faults.well()
    number = desk.common.store.number
    desk.faults.well()
    assert desk.common.store.number == number
    assert questions(desk, SUBJECT) == [("system_health", "deciding works again")]


def test_an_empty_report_is_refused(desk: Desk) -> None:
    """A fault that says nothing pauses nothing."""
    assert not ask(desk, c.ReportFault(text=" ")).ok
    assert not desk.common.store.control.paused
