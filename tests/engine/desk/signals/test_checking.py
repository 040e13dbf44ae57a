"""The slots of periodic checks, each given once."""

from datetime import timedelta

from engine.desk.desk import Desk
from state.model import command as c
from tests.engine.desk.asking import ask, desk, questions
from tests.making import NOON

__all__ = ["desk"]

HOUR = timedelta(hours=1)


def test_a_slot_is_given_once(desk: Desk) -> None:
    """Whoever comes second is refused, as is an older slot; the next one is free."""
    assert ask(desk, c.BeginCheck(name="Queue", slot=NOON)).ok
    assert not ask(desk, c.BeginCheck(name="Queue", slot=NOON)).ok
    assert not ask(desk, c.BeginCheck(name="Queue", slot=NOON - HOUR)).ok
    assert ask(desk, c.BeginCheck(name="Queue", slot=NOON + HOUR)).ok
    done = desk.common.store.heartbeat.of("Queue")
    assert done is not None and done.slot == NOON + HOUR


def test_words_ask_the_operator_once_until_answered(desk: Desk) -> None:
    """Forty slots that nobody looked at are one question with a count."""
    for number in range(40):
        assert ask(desk, c.BeginCheck(name="Queue", slot=NOON + number * HOUR, words="is anything stuck?")).ok
    [question] = desk.common.store.escalations.values()
    assert (question.count, question.type, question.label) == (40, "unclear", "heartbeat:queue")
    assert question.text == "Queue: is anything stuck?"


def test_checks_that_left_the_file_are_forgotten(desk: Desk) -> None:
    """What stays is what the file still holds."""
    for name in ("Queue", "Disk"):
        assert ask(desk, c.BeginCheck(name=name, slot=NOON, known=("Queue", "Disk"))).ok
    assert ask(desk, c.BeginCheck(name="Disk", slot=NOON + HOUR, known=("Disk",))).ok
    assert [one.name for one in desk.common.store.heartbeat.checks] == ["Disk"]


def test_what_failed_asks_and_what_is_well_again_is_closed(desk: Desk) -> None:
    """The question goes away by itself."""
    assert not ask(desk, c.EndCheck(name="Queue", text="ok")).ok
    ask(desk, c.BeginCheck(name="Queue", slot=NOON))
    assert ask(desk, c.EndCheck(name="Queue", text="`midwatch health` ended with code 1", failed=True)).ok
    assert questions(desk, "heartbeat:queue:run") == [("system_health", "")]
    ask(desk, c.BeginCheck(name="Queue", slot=NOON + HOUR))
    assert ask(desk, c.EndCheck(name="Queue", text="healthy")).ok
    assert questions(desk, "heartbeat:queue:run") == [("system_health", "it ran well again")]
    done = desk.common.store.heartbeat.of("Queue")
    assert done is not None and (done.text, done.failed) == ("healthy", False)


def test_a_file_that_cannot_be_understood_is_told_once(desk: Desk) -> None:
    """The same trouble adds nothing; once it is mended the question is closed."""
    for _ in range(3):
        assert ask(desk, c.ReadChecks(troubles=("HEARTBEAT.md:3: says not how often",))).ok
    assert desk.common.store.number == 1
    assert questions(desk, "heartbeat:file") == [("unclear", "")]
    assert ask(desk, c.ReadChecks()).ok
    assert questions(desk, "heartbeat:file") == [("unclear", "mended")]
    assert ask(desk, c.ReadChecks()).ok
    assert desk.common.store.number == 2
