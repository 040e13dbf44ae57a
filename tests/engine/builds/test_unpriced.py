"""What is done about a build whose model has no price."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.builds import unpriced
from engine.desk.faults import SUBJECT
from engine.hall import Hall
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.model.control import Control
from state.model.counts.tokens import Price, Tokens
from state.settings import Settings, Unpriced
from state.store import Store
from tests.engine.engines import SETUP
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
