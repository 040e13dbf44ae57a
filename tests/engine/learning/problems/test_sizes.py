"""What folders take on their disk."""

import os
from pathlib import Path

from engine.learning.problems.sizes import Measure, Size


def fill(folder: Path, name: str, size: int) -> Path:
    """Write a file of so many bytes that are really there."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def test_it_adds_up_what_lies_below(tmp_path: Path) -> None:
    """Files and folders at any depth, by the room that they take; a link's target does not count."""
    fill(tmp_path / "own", "a/b/c/deep", 200_000)
    fill(tmp_path / "own", "flat", 100_000)
    fill(tmp_path, "elsewhere/big", 900_000)
    (tmp_path / "own/link").symlink_to(tmp_path / "elsewhere")
    found = Measure().of(tmp_path / "own")
    assert found.whole
    assert 300_000 <= found.bytes < 400_000


def test_a_hole_takes_no_room(tmp_path: Path) -> None:
    """A file that is long and empty is not large."""
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 30)
    assert Measure().of(tmp_path).bytes < 1 << 20


def test_what_is_known_is_not_looked_at_again(tmp_path: Path) -> None:
    """It counts as it was measured before."""
    fill(tmp_path, "old/x", 50_000)
    found = Measure().of(tmp_path, {str(tmp_path / "old"): Size(7_000_000)})
    assert 7_000_000 <= found.bytes < 7_050_000


def test_too_much_is_told_as_at_least(tmp_path: Path) -> None:
    """So that a look ends, however many files there are."""
    for number in range(30):
        fill(tmp_path, f"{number}/x", 1)
    found = Measure(10).of(tmp_path)
    assert not found.whole


def test_what_is_not_there_takes_nothing(tmp_path: Path) -> None:
    """Nor is it an error."""
    assert Measure().of(tmp_path / "gone") == Size(0)
