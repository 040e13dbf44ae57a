"""What is laid out is what was taken in, and every difference is seen."""

import os
from pathlib import Path

import pytest

from engine.reversal.snapshots.extract import differences, lay_out
from engine.reversal.snapshots.objects import ObjectDamaged
from engine.reversal.snapshots.vault import Manifest, Vault
from tests.engine.reversal.snapshots.scenes import a_vault, take, tree_of


@pytest.fixture
def scene(tmp_path: Path) -> tuple[Vault, Manifest, Path]:
    """A snapshot of a folder with something of everything in it, and that folder."""
    vault, extra = a_vault(tmp_path), tmp_path / "extra"
    (extra / "shut").mkdir(parents=True)
    (extra / "shut" / "file").write_bytes(b"x" * 100)
    (extra / "shut" / "file").chmod(0o4750)
    (extra / "link").symlink_to("nowhere")
    os.utime(extra / "shut" / "file", ns=(10**18, 10**18))
    (extra / "shut").chmod(0o555)
    return vault, take(vault, folders=[extra]), extra


def test_files_links_rights_and_times_come_back(scene: tuple[Vault, Manifest, Path], tmp_path: Path) -> None:
    """Also those in a folder that nobody may write into."""
    vault, made, extra = scene
    lay_out(vault.objects, vault.entries(made), {2: tmp_path / "out"})
    assert tree_of(tmp_path / "out") == tree_of(extra)
    assert (tmp_path / "out" / "shut" / "file").stat().st_mtime_ns == 10**18
    assert differences(vault.entries(made), {2: tmp_path / "out"}) == []


def test_every_kind_of_difference_is_named(scene: tuple[Vault, Manifest, Path], tmp_path: Path) -> None:
    """A changed byte, a changed right, a changed link, a missing file."""
    vault, made, _ = scene
    top = tmp_path / "out"
    lay_out(vault.objects, vault.entries(made), {2: top})
    (top / "shut").chmod(0o755)
    assert len(differences(vault.entries(made), {2: top})) == 1
    (top / "shut" / "file").write_bytes(b"x" * 99 + b"y")
    (top / "link").unlink()
    (top / "link").symlink_to("elsewhere")
    assert len(differences(vault.entries(made), {2: top})) == 3
    (top / "shut" / "file").unlink()
    assert any("No such file" in text for text in differences(vault.entries(made), {2: top}))


def test_a_damaged_piece_stops_it(scene: tuple[Vault, Manifest, Path], tmp_path: Path) -> None:
    """No file with other contents than were kept is ever laid out as if it were whole."""
    vault, made, _ = scene
    entries = vault.entries(made)
    for _, path in vault.objects.names():
        path.write_bytes(b"rot")
    with pytest.raises(ObjectDamaged):
        lay_out(vault.objects, entries, {2: tmp_path / "out"})
