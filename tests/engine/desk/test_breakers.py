"""The operator's word on circuit breakers."""

from datetime import timedelta

from engine.desk.desk import Desk
from state.model import command as c
from state.model.brakes.breaker import COMMAND, Breaker, Closed, Open
from state.model.escalation import EscalationKind
from tests.engine.desk.asking import SETUP, ask, desk, questions
from tests.making import NOON

__all__ = ["desk"]

OPEN = Breaker(
    runner=COMMAND, repo="/srv/code", state=Open(since=NOON, until=NOON + timedelta(hours=1)), failures=5, opened=2
)


def opened(desk: Desk) -> None:
    question = desk.common.questions.ask(EscalationKind.SYSTEM_HEALTH, None, "look", NOON, about=OPEN.subject)
    desk.common.store.stage([OPEN, question], SETUP)


def test_a_reset_closes_it_and_the_question(desk: Desk) -> None:
    """It is as if it had never opened, and the record says who said so."""
    opened(desk)
    reply = ask(desk, c.ResetBreaker(key=OPEN.key, why="the disk was full"))
    assert reply.ok and reply.text == "the breaker of command:/srv/code is closed: builds may start"
    assert desk.common.store.breakers[OPEN.key] == Breaker(runner=COMMAND, repo="/srv/code", state=Closed())
    assert questions(desk, OPEN.subject) == [("system_health", "reset")]


def test_what_is_not_open_is_not_reset(desk: Desk) -> None:
    """A breaker that is not there is answered with the nearest, and one with nothing against it is left alone."""
    opened(desk)
    assert "did you mean command:/srv/code?" in ask(desk, c.ResetBreaker(key="command:/srv/cod")).text
    assert "`midwatch breaker list`" in ask(desk, c.ResetBreaker(key="x")).text
    assert ask(desk, c.ResetBreaker(key=f"{OPEN.key}/")).ok
    again = ask(desk, c.ResetBreaker(key=OPEN.key))
    assert not again.ok and "is closed" in again.text
