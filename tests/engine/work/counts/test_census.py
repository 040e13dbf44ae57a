"""One look at a workspace tells its size and its files."""

import os
from pathlib import Path

from engine.work.counts import census


def test_it_tells_files_and_their_size(tmp_path: Path) -> None:
    """Folders are no files, links are not followed, and what git keeps takes disk but is none of the build's files."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/one").write_bytes(b"x" * 20_000)
    (tmp_path / ".git/objects").mkdir(parents=True)
    (tmp_path / ".git/objects/blob").write_bytes(b"x" * 20_000)
    (tmp_path / ".gitignore").write_text("")
    os.symlink("/usr", tmp_path / "elsewhere")
    found = census.take(tmp_path)
    assert found.files == {"a/b/one", ".gitignore", "elsewhere"}
    assert 40_000 <= found.disk_bytes < 200_000


def test_nothing_there_is_nothing(tmp_path: Path) -> None:
    """A workspace that is gone has no files."""
    assert census.take(tmp_path / "gone") == census.Census(disk_bytes=0, files=frozenset())


def test_names_that_are_no_text_count_too(tmp_path: Path) -> None:
    """A file's name may be any bytes."""
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_text("")
    assert len(census.take(tmp_path).files) == 1
