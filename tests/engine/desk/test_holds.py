"""Answers to what a build stands still for."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from engine.desk.desk import Desk
from engine.policy.limits import bounds
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.escalation import EscalationKind
from state.model.mode import Mode
from tests.engine.desk.asking import SETUP, ask, desk, questions
from tests.making import NOON, ManualClock, a_build, a_task

__all__ = ["desk"]

RUNNING = b.Running(token="t", pid=1, start_ticks=1, boot="b")


def stands_still(desk: Desk, figure: str = "files", used: float = 11, **changes: Any) -> Hold:
    """Put a held build before the operator."""
    build = a_build("tidy-1", RUNNING)
    limit = float(getattr(build.limits, bounds.BOUNDS[figure])) if figure in bounds.BOUNDS else 5.0
    hold = msgspec.structs.replace(bounds.over(build, figure, used, limit, NOON), **changes)
    task = a_task("tidy", t.Building(build="tidy-1"))
    asked = desk.common.questions.ask(EscalationKind.LIMIT_REACHED, task, hold.text, NOON, digest=hold.digest)
    desk.common.store.stage([task, msgspec.structs.replace(build, hold=hold), asked], SETUP)
    return hold


def build_of(desk: Desk) -> b.Build:
    return desk.common.store.builds["tidy-1"]


def forward(desk: Desk, **span: float) -> None:
    clock = desk.common.clock
    assert isinstance(clock, ManualClock)
    clock.forward(timedelta(**span).total_seconds())


def test_a_yes_lets_exactly_this_go_on(desk: Desk) -> None:
    """It goes on as far again as its limit, and the time that it stood still is kept."""
    hold = stands_still(desk)
    forward(desk, minutes=5)
    assert "has changed since it was shown" in ask(desk, c.Approve(label="tidy", digest="0" * 64)).text
    assert build_of(desk).hold == hold
    reply = ask(desk, c.Approve(label="tidy", digest=hold.digest))
    assert reply.ok and "up to files 21" in reply.text
    build = build_of(desk)
    assert build.hold is None and build.held_s == 300 and build.allowed == {"files": 11.0}
    assert questions(desk, "tidy") == [("limit_reached", "approved")]


def test_a_yes_to_what_is_unusual_is_remembered(desk: Desk) -> None:
    """It goes on without any limit's being raised, and a raise is refused: there is nothing to raise."""
    hold = stands_still(desk, anomaly=True)
    assert "no limit of tidy stands behind" in ask(desk, c.RaiseLimit(label="tidy", digest=hold.digest)).text
    assert "not stopped for its files again" in ask(desk, c.Approve(label="tidy", digest=hold.digest)).text
    assert build_of(desk).allowed == {"anomaly:files": 11.0}


def test_a_no_asks_for_its_death(desk: Desk) -> None:
    """It stays frozen until it is dead; the question is closed."""
    hold = stands_still(desk)
    assert not ask(desk, c.Deny(label="tidy", digest="")).ok
    assert ask(desk, c.Deny(label="tidy", digest=hold.digest)).ok
    build = build_of(desk)
    assert build.kill_by == "operator:ada" and build.hold == hold
    assert questions(desk, "tidy") == [("limit_reached", "denied")]


@pytest.mark.parametrize(
    ("figure", "used", "to", "limit"),
    [("files", 11, None, 21), ("files", 400, None, 410), ("files", 11, 40, 40), ("spent", 100_000_001, 2e8, 2e8)],
)
def test_a_raise_counts_until_the_operators_midnight(
    desk: Desk, figure: str, used: float, to: float | None, limit: float
) -> None:
    """Without a figure the limit is raised by as much as it is, from where the build stands."""
    hold = stands_still(desk, figure, used)
    assert ask(desk, c.RaiseLimit(label="tidy", digest=hold.digest, to=to)).ok
    assert bounds.bound(build_of(desk), figure) == limit and build_of(desk).hold is None
    (raised,) = desk.common.store.raised.values()
    assert (raised.label, raised.figure, raised.limit, raised.by) == ("tidy", figure, limit, "operator:ada")
    local = raised.until.astimezone(desk.common.rules.zone)
    assert (local.hour, local.minute) == (0, 0) and timedelta(0) < raised.until - NOON <= timedelta(days=1)


def test_a_limit_is_not_raised_to_less_than_what_is_used(desk: Desk) -> None:
    """It would be frozen again at once."""
    hold = stands_still(desk)
    assert "used 11 already" in ask(desk, c.RaiseLimit(label="tidy", digest=hold.digest, to=10)).text
    assert "has changed" in ask(desk, c.RaiseLimit(label="tidy", digest="")).text
    assert desk.common.store.raised == {} and build_of(desk).hold == hold


def test_what_does_not_stand_still_is_not_raised(desk: Desk) -> None:
    """The answer says so."""
    desk.common.store.stage([a_task("tidy")], SETUP)
    assert "no build of it stands still" in ask(desk, c.RaiseLimit(label="tidy", digest="")).text


def test_while_observing_nothing_goes_on(desk: Desk) -> None:
    """Nothing executes, so a yes is refused; a no kills all the same."""
    hold = stands_still(desk)
    ask(desk, c.SetMode(mode=Mode.OBSERVE))
    assert "stays frozen" in ask(desk, c.Approve(label="tidy", digest=hold.digest)).text
    assert "stays frozen" in ask(desk, c.RaiseLimit(label="tidy", digest=hold.digest)).text
    assert build_of(desk).hold == hold
    assert ask(desk, c.Deny(label="tidy", digest=hold.digest)).ok
