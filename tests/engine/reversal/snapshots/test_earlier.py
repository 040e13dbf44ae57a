"""The state as of any entry that is kept."""

from datetime import timedelta
from pathlib import Path

import pytest

from engine.reversal.snapshots import earlier
from engine.reversal.snapshots.earlier import Kinship
from engine.reversal.snapshots.vault import NoSnapshot, Vault
from state import segments
from state.files import Workspace
from state.store import Store
from tests.engine.reversal.snapshots.scenes import a_vault, take
from tests.making import NOON, ManualClock, a_task
from tests.state.making import ASKED


def a_past(root: Path) -> tuple[Vault, Workspace]:
    """A workspace with 9 entries, three a day, of which a snapshot laid out beside it holds the first 6."""
    vault = a_vault(root, 6)
    made = take(vault)
    with Store.open(vault.workspace, ManualClock(NOON + timedelta(days=2))) as store:
        for number in (7, 8, 9):
            store.commit([a_task(f"task-{number}")], ASKED)
    was = Workspace(root / "was")
    earlier.lay(vault.objects, vault.entries(made), was)
    return vault, was


@pytest.mark.parametrize("seq", range(1, 10))
def test_the_state_as_of_each_entry_can_be_had(tmp_path: Path, seq: int) -> None:
    """Before the snapshot's end its journal is cut, behind it the present one's lines follow."""
    vault, was = a_past(tmp_path)
    end = earlier.bring_to(was, vault.workspace.journal, seq)
    assert (end.seq, len(earlier.tables(was)["tasks"])) == (seq, seq)
    assert segments.read_head(was.journal) == end


def test_the_state_as_of_a_time_is_that_of_the_last_entry_up_to_it(tmp_path: Path) -> None:
    """Three entries a day: a day later there are three more."""
    vault, was = a_past(tmp_path)
    assert earlier.bring_to(was, vault.workspace.journal, NOON + timedelta(hours=30)).seq == 6
    assert earlier.bring_to(was, vault.workspace.journal, NOON + timedelta(hours=1)).seq == 3


def test_an_entry_that_there_is_not_is_refused(tmp_path: Path) -> None:
    """Without the present journal the snapshot's own end is the last."""
    vault, was = a_past(tmp_path)
    with pytest.raises(NoSnapshot, match="ends at entry 6"):
        earlier.bring_to(was, None, 7)
    with pytest.raises(NoSnapshot, match="ends at entry 9"):
        earlier.bring_to(was, vault.workspace.journal, 10)


def test_a_record_that_does_not_hold_is_refused(tmp_path: Path) -> None:
    """A changed byte in a snapshot's journal is found before anything comes of it."""
    _, was = a_past(tmp_path)
    first = was.journal / segments.names(was.journal)[0]
    first.write_bytes(first.read_bytes().replace(b"asked for", b"not asked", 1))
    with pytest.raises(NoSnapshot, match="does not hold"):
        earlier.tables(was)


def test_the_present_record_goes_on_is_damaged_or_is_another(tmp_path: Path) -> None:
    """Only one that holds, and holds the snapshot's last entry, is left as it is."""
    vault, _ = a_past(tmp_path)
    workspace, made = vault.workspace, vault.find("latest").snapshot
    assert earlier.kinship(workspace, made) is Kinship.GOES_ON
    last = workspace.journal / segments.names(workspace.journal)[-1]
    whole = last.read_bytes()
    last.write_bytes(whole.replace(b"asked for", b"not asked"))
    assert earlier.kinship(workspace, made) is Kinship.DAMAGED
    last.write_bytes(whole)
    other = a_vault(tmp_path / "other", 7)
    with Store.open(other.workspace, ManualClock(NOON + timedelta(days=3))) as store:
        store.commit([a_task("elsewhere")], ASKED)
    assert earlier.kinship(Workspace(tmp_path / "none"), made) is Kinship.OTHER
    moved = Vault(other.workspace)
    assert earlier.kinship(moved.workspace, take(a_vault(tmp_path / "third", 9)).snapshot) is Kinship.OTHER
