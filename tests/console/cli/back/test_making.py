"""A snapshot is made and put on record, and told of where it could only be made."""

from pathlib import Path

import pytest

from console.cli.back.making import make, record
from console.cli.base import Hand
from engine.reversal.snapshots.vault import Vault
from state.files import Lock, Workspace, create_workspace
from state.journal import read
from state.model.brakes.safekeeping import Kind
from state.model.command import RecordSnapshot


@pytest.fixture
def hand(workspace: Workspace) -> Hand:
    hand = Hand()
    hand.named = str(workspace.root)
    return hand


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


def test_it_is_there_and_on_record(workspace: Workspace, hand: Hand) -> None:
    """The vault knows it under its name, and an entry tells of it."""
    made = make(hand, Kind.HAND, "before the move")
    assert Vault(workspace).find(made.snapshot.id).snapshot.why == "before the move"
    assert made.unrecorded == ()
    assert any("snapshot" in entry.action for entry in read(workspace.journal))


def test_it_is_made_also_where_nothing_can_be_recorded(workspace: Workspace, hand: Hand) -> None:
    """While another process holds the record, the snapshot is there, and that it is not on record is told."""
    with Lock(workspace):
        made = make(hand, Kind.HAND, "")
        assert "not on record" in made.unrecorded[0]
        assert "not on record" in record(hand, RecordSnapshot(snapshot=made.snapshot))[0]
    assert Vault(workspace).find(made.snapshot.id)
