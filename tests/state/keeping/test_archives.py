"""Tests of state.keeping.archives."""

from pathlib import Path

import pytest

from state import line, segments
from state.keeping import archives
from tests.state.making import filled


def test_a_segment_is_packed_and_unpacked(tmp_path: Path) -> None:
    """Byte for byte, for its owner only, under a name that tells the segment's."""
    path, archive = tmp_path / "2026-03-04.jsonl", tmp_path / "far" / "archive"
    path.write_bytes(b"one\ntwo\n" * 200_000)
    archives.keep(archive, path)
    archives.keep(archive, path)
    (archive / "notes.txt").touch()
    [name] = archives.names(archive)
    assert archives.segment(name) == path.name
    assert b"".join(archives.lines(archive / name)) == path.read_bytes()
    assert (archive / name).stat().st_mode & 0o077 == 0
    assert (archive / name).stat().st_size < path.stat().st_size / 50


@pytest.mark.parametrize("data", [b"", b"nonsense", None])
def test_what_is_no_archive_raises_one_of_the_known(tmp_path: Path, data: bytes | None) -> None:
    """Empty, cut or something else."""
    path = tmp_path / "2026-03-04.jsonl"
    path.write_bytes(b"one\n" * 1000)
    archives.keep(tmp_path, path)
    packed = tmp_path / archives.names(tmp_path)[0]
    packed.write_bytes(packed.read_bytes()[:-12] if data is None else data)
    if data == b"":
        assert archives.lines(packed) == []
        return
    with pytest.raises(archives.BROKEN):
        archives.lines(packed)


def test_contents_of_entries_are_taken_out(tmp_path: Path) -> None:
    """Of those alone, in the files that hold them; a second time changes nothing."""
    workspace, archive = filled(tmp_path / "work", 6), tmp_path / "archive"
    for name in segments.names(workspace.journal):
        archives.keep(archive, workspace.journal / name)
    before = [raw for name in archives.names(archive) for raw in archives.lines(archive / name)]
    stamps = [(archive / name).stat().st_mtime_ns for name in archives.names(archive)]
    archives.erase(archive, frozenset({5, 99}))
    after = [raw for name in archives.names(archive) for raw in archives.lines(archive / name)]
    assert after == [*before[:4], line.without_body(before[4]), before[5]]
    assert (archive / archives.names(archive)[0]).stat().st_mtime_ns == stamps[0]
    archives.erase(archive, frozenset({5}))
    assert [raw for name in archives.names(archive) for raw in archives.lines(archive / name)] == after
