"""The operator's word on what kind of time it is."""

from datetime import timedelta

from engine.desk.desk import Desk
from state.model import command as c
from state.model.when.context import Context, Override
from tests.engine.desk.asking import ask, desk
from tests.making import NOON

__all__ = ["desk"]


def test_the_operators_word_on_the_context_is_kept_until_it_ends_or_is_taken_back(desk: Desk) -> None:
    """A context is set with its end and who set it, and cleared again; a moment that is past is refused."""
    until = NOON + timedelta(hours=7)
    assert ask(desk, c.SetContext(context=Context.GYM, until=until)).ok
    assert desk.common.store.control.override == Override(
        context=Context.GYM, by="operator:ada", set_at=NOON, until=until
    )
    assert "past" in ask(desk, c.SetContext(context=Context.GYM, until=NOON)).text
    assert ask(desk, c.ClearContext()).ok
    assert desk.common.store.control.override is None
    again = ask(desk, c.ClearContext())
    assert (again.ok, again.code) == (False, 1)
