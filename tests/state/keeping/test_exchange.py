"""One journal takes the place of another in steps that can each be the last."""

from pathlib import Path

import pytest

from state import segments
from state.files import Workspace
from state.keeping import exchange
from state.store import Store
from tests.making import ManualClock
from tests.state.making import filled
from tests.state.shaky import ShakyDisk


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace of 3 entries, with a journal of 5 ready to take the place of its own."""
    workspace = filled(tmp_path / "w", 3, checkpoint=True)
    was = exchange.prepared(workspace)
    was.hidden.parent.mkdir(parents=True)
    filled(was.root, 5)
    return workspace


def entries(workspace: Workspace) -> int:
    with Store.open(workspace, ManualClock()) as store:
        return store.number


def test_nothing_is_exchanged_before_it_is_decided(workspace: Workspace) -> None:
    """A journal that lies ready is not the workspace's."""
    assert exchange.settle(workspace) == ""
    assert entries(workspace) == 3
    assert exchange.pending(workspace)


def test_what_was_there_is_kept_aside(workspace: Workspace) -> None:
    """With its checkpoint, which must not speak for the other."""
    exchange.begin(workspace, "mark")
    assert entries(workspace) == 5
    old = workspace.root / exchange.aside(workspace, "mark")
    assert segments.names(old / "journal")
    assert (old / "state.json").exists()
    assert exchange.settle(workspace) == ""


@pytest.mark.parametrize("call", ["replace", "open", "fsync", "remove"])
def test_a_failure_at_any_call_is_gone_on_from(workspace: Workspace, call: str) -> None:
    """However often it is cut short, the next opening of the store finishes it."""
    exchange.begin(workspace, "mark")
    for skip in range(3):
        disk = ShakyDisk()
        disk.fail(call, skip=skip)
        try:
            exchange.settle(workspace, disk)
        except OSError:
            continue
    assert entries(workspace) == 5
    assert exchange.settle(workspace) == ""
