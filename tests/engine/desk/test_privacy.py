"""Whether a person's words can be erased now."""

from engine.desk.desk import Desk
from state.model import command as c
from tests.engine.desk.asking import ask, desk
from tests.making import a_spec

__all__ = ["desk"]


def test_an_erasure_is_taken_on_and_nothing_of_it_is_written_beforehand(desk: Desk) -> None:
    """The words that are to be erased never enter the record."""
    before = desk.common.store.number
    assert ask(desk, c.Erase(subject="Grace Hopper")).ok
    assert desk.common.store.number == before


def test_an_erasure_that_cannot_be_made_is_refused(desk: Desk) -> None:
    """Too little to look for, or a task that needs the words to run: both say what to do."""
    assert "too short" in ask(desk, c.Erase(subject="g")).text
    ask(desk, c.AddTasks(specs=(a_spec(command="mail 'Grace Hopper'"),)))
    reply = ask(desk, c.Erase(subject="Grace Hopper"))
    assert (reply.ok, "midwatch deny tidy" in reply.text) == (False, True)
