"""A roll-out begins, goes on and back by orders, each of them on record."""

import msgspec
import pytest

from engine.desk.desk import Desk
from state.model import command as c
from state.model.brakes.rollout import STAGES, Ended, Overrides
from tests.engine.desk.asking import ask, desk

__all__ = ["desk"]

START = c.StartRollout(name="trust", overrides=Overrides(budget_over=1))
ON, BACK = c.SteerRollout(on=True), c.SteerRollout(on=False, why="no good")


def percent(desk: Desk) -> int:
    rollout = desk.common.store.control.rollout
    assert rollout is not None
    return rollout.percent


def test_it_goes_through_its_stages_by_hand(desk: Desk) -> None:
    """1, 10, 50, 100 %, then for good; only after it is taken back another one begins, under another id."""
    assert ask(desk, START).ok
    seen = [percent(desk)]
    while ask(desk, ON).ok:
        seen.append(percent(desk))
    rollout = desk.common.store.control.rollout
    assert (seen, rollout.ended) == ([*STAGES, 100], Ended.PROMOTED)
    reply = ask(desk, START)
    assert not reply.ok and "midwatch.toml" in reply.text
    assert ask(desk, BACK).ok and percent(desk) == 0
    assert ask(desk, START).ok
    assert desk.common.store.control.rollout.id == "r2"


def test_it_is_taken_back_at_any_stage(desk: Desk) -> None:
    """With the reason; and then nothing is under way."""
    ask(desk, START)
    ask(desk, ON)
    assert ask(desk, BACK).ok
    rollout = desk.common.store.control.rollout
    assert (rollout.ended, rollout.text, rollout.percent) == (Ended.ROLLED_BACK, "no good", 0)
    assert not ask(desk, BACK).ok and not ask(desk, ON).ok


def test_only_one_is_under_way(desk: Desk) -> None:
    """A second one would not know what to be compared with."""
    ask(desk, START)
    reply = ask(desk, START)
    assert not reply.ok and "promote it or roll it back" in reply.text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"overrides": Overrides()}, "changes nothing"),
        ({"overrides": Overrides(self_starting=("colour",))}, "no such category"),
        ({"overrides": Overrides(self_starting=("external_action",))}, "never starts without asking"),
        ({"name": " "}, "needs a name"),
        ({"margin": 1.0}, "needs a name"),
        ({"samples": 0}, "needs a name"),
    ],
)
def test_what_cannot_be_rolled_out_is_refused(desk: Desk, changes: dict[str, object], words: str) -> None:
    """In words, with nothing begun."""
    reply = ask(desk, msgspec.structs.replace(START, **changes))
    assert not reply.ok and words in reply.text
    assert desk.common.store.control.rollout is None
