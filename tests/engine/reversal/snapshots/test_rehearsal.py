"""A rehearsal finds what would keep a restore from working."""

import msgspec
import pytest

from engine.reversal.snapshots.rehearsal import rehearse
from engine.reversal.snapshots.tree import FILE
from state import segments
from tests.engine.reversal.snapshots.scenes import a_vault, at, take


def test_a_whole_snapshot_comes_back_and_nothing_of_it_stays(tmp_path) -> None:
    """Every file is compared, the store is brought back, and the scratch folder goes."""
    vault = a_vault(tmp_path)
    made = take(vault)
    found = rehearse(vault, made, at(1))
    assert (found.ok, found.troubles, found.snapshot, found.files) == (True, (), made.snapshot.id, made.snapshot.files)
    assert not (vault.workspace.hidden / "rehearsal").exists()


def test_a_lost_piece_fails_it(tmp_path) -> None:
    """It is named."""
    vault = a_vault(tmp_path)
    made = take(vault)
    entry = next(entry for entry in vault.entries(made) if entry.kind == FILE)
    path = vault.objects.path(entry.pieces[0])
    path.write_bytes(b"rot")
    found = rehearse(vault, made, at(1))
    assert not found.ok
    assert str(path) in found.troubles[0]


def test_a_record_that_was_damaged_before_fails_it(tmp_path) -> None:
    """The files are as they were taken, and of no use."""
    vault = a_vault(tmp_path)
    path = vault.workspace.journal / segments.names(vault.workspace.journal)[0]
    path.write_bytes(path.read_bytes().replace(b"asked for", b"not asked", 1))
    found = rehearse(vault, take(vault), at(1))
    assert not found.ok
    assert "do not fit their digest" in found.troubles[0]


@pytest.mark.parametrize(("seq", "words"), [(2, "does not end with entry 2"), (0, "was damaged when it was made")])
def test_a_record_with_another_end_than_told_fails_it(tmp_path, seq: int, words: str) -> None:
    """What the list says of a snapshot is compared too."""
    vault = a_vault(tmp_path)
    made = take(vault)
    wrong = msgspec.structs.replace(made.snapshot, seq=seq, head="0" * 64)
    found = rehearse(vault, msgspec.structs.replace(made, snapshot=wrong), at(1))
    assert words in found.troubles[0]
