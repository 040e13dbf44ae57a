"""A snapshot is made and put on record, and told of where it could only be made."""

from pathlib import Path

import pytest

from console.cli.back.making import make, record
from console.cli.base import Hand
from engine.reversal.snapshots.vault import Vault
from state.files import Workspace, create_workspace
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


def test_it_is_told_where_nothing_can_be_recorded(workspace: Workspace, hand: Hand) -> None:
    """With a record that is damaged the snapshot is made, and why it is not on record is told."""
    make(hand, Kind.HAND, "")
    segment = next(path for path in workspace.journal.iterdir() if path.suffix == ".jsonl")
    segment.write_bytes(b"damage\n" + segment.read_bytes())
    made = make(hand, Kind.HAND, "after it")
    assert "not on record" in made.unrecorded[0]
    assert Vault(workspace).find(made.snapshot.id)
    assert "not on record" in record(hand, RecordSnapshot(snapshot=made.snapshot))[0]
