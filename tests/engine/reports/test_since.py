"""The journal, read backwards to a moment."""

from datetime import timedelta

from engine.reports.since import decisions_since
from state.files import create_workspace
from state.model.reason import Reason
from state.store import Store
from tests.making import NOON, ManualClock


def test_only_what_came_since_is_read_and_in_its_order(tmp_path):
    """Older decisions are left out, also when the clock was set back in between."""
    workspace, clock = create_workspace(tmp_path), ManualClock(NOON - timedelta(hours=5))
    with Store.open(workspace, clock) as store:
        for minutes, action in ((0, "old"), (240, "late"), (-3, "set_back"), (4, "early")):
            clock.forward(minutes * 60)
            store.commit((), Reason(actor="test", action=action, why=""))
    found = decisions_since(workspace.journal, NOON - timedelta(hours=1))
    assert [decision.action for decision in found] == ["late", "early"]
