"""What is done about a build whose model has no price."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.builds import unpriced
from engine.builds.outcome import Outcome
from engine.desk.faults import SUBJECT
from engine.hall import Hall
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.model import build as b
from state.model.control import Control
from state.model.counts.tokens import Price, Tokens
from state.settings import Settings, Unpriced
from state.store import Store
from tests.engine.engines import SETUP, building
from tests.making import ManualClock, a_build

BUILD = a_build(tokens=(Tokens(model="new-1", taken=5),))


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    workspace, clock = create_workspace(tmp_path), ManualClock()
    with Store.open(workspace, clock) as store:
        yield Hall(
            workspace, store, Settings(), clock, Machine(), lambda: None, lambda _: None
        )  # fmt: skip


def test_the_settings_of_the_moment_say_whether_a_model_has_a_price(hall: Hall) -> None:
    """A price that is saved while a build waits counts at once."""
    assert unpriced.found(hall, BUILD) is not None
    hall.settings = Settings(prices={"new-*": Price(taken=0, made=0)})
    assert unpriced.found(hall, BUILD) is None


def test_only_where_the_settings_say_so_everything_waits(hall: Hall) -> None:
    """As it is unless the operator says otherwise, all deciding stops."""
    assert unpriced.pauses(hall)
    hall.settings = Settings(unpriced=Unpriced.HOLD)
    assert not unpriced.pauses(hall)


def test_a_build_that_is_over_already_is_asked_about_where_deciding_is(hall: Hall) -> None:
    """The pause names the model and the key, and the same model again raises its count."""
    control, question = unpriced.asked(hall, BUILD)
    assert isinstance(control, Control) and control.paused and control.manual
    assert control.fault is not None and '[prices."new-1"]' in control.fault.text
    hall.store.stage([control, question], SETUP)
    assert [asked.label for asked in hall.questions.open_on(SUBJECT)] == [SUBJECT]
    again, _ = unpriced.paused(hall, BUILD)
    assert isinstance(again, Control) and again.fault is not None and again.fault.count == 2


@pytest.mark.parametrize("what", list(Unpriced))
def test_a_build_that_is_over_before_it_could_be_held_is_told_of(hall: Hall, what: Unpriced) -> None:
    """It waits for review, says why, and has everything wait where the settings say so; at a price it passes."""
    hall.settings = Settings(unpriced=what)
    hall.store.stage(building(b.Checking(candidate=""), tokens=BUILD.tokens), SETUP)
    outcome = Outcome(hall, "tidy-1")
    outcome.note_beyond()
    assert outcome.needs_review()
    assert "it ended before it could be held: models without a price 1 of 0" in hall.build("tidy-1").notes
    assert hall.store.control.manual is (what is Unpriced.PAUSE)
    assert len(hall.questions.open_on(SUBJECT)) == (what is Unpriced.PAUSE)


def test_a_build_at_a_price_passes_and_tells_where_it_said_something_else(hall: Hall) -> None:
    """Nothing waits, and the two counts of its money stand in its notes."""
    hall.settings = Settings(prices={"new-1": Price(taken=10**12, made=0)})
    used = Tokens(model="new-1", taken=5, said=1_000_000)
    hall.store.stage(building(b.Checking(candidate=""), tokens=(used,)), SETUP)
    Outcome(hall, "tidy-1").note_beyond()
    assert hall.build("tidy-1").notes == ("new-1: it said $1.00, 5 tokens cost $5.00; the higher counts",)
    assert not hall.store.control.manual
