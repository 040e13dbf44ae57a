"""Pieces are kept once, proven when they are read, and let go of only when nobody wants them."""

import gzip
import os
from pathlib import Path

import pytest

from engine.reversal.snapshots.objects import NotKept, ObjectDamaged, Objects, digest
from tests.state.shaky import ShakyDisk


def put(objects: Objects, *pieces: bytes) -> int:
    """Add pieces; return how many bytes that took on the disk."""
    writer = objects.writer()
    for piece in pieces:
        writer.put(piece)
    writer.close()
    return writer.added


def test_a_piece_is_kept_once_and_comes_back(tmp_path: Path) -> None:
    """The same bytes cost nothing the second time, in the same writer or a later one."""
    objects, noise = Objects(tmp_path / "objects"), os.urandom(5000)
    assert put(objects, noise, noise) == len(noise)
    assert put(objects, noise) == 0
    assert objects.read(digest(noise)) == noise
    assert [name for name, _ in objects.names()] == [digest(noise)]


def test_what_shrinks_is_packed_so_that_zcat_reads_it(tmp_path: Path) -> None:
    """Text takes less room than it has bytes, and needs no Midwatch to be read."""
    objects, text = Objects(tmp_path / "objects"), b"the same line again\n" * 5000
    assert put(objects, text) < len(text) / 10
    ((_, path),) = objects.names()
    assert gzip.decompress(path.read_bytes()) == text == objects.read(digest(text))


@pytest.mark.parametrize("text", [b"word " * 4000, os.urandom(4000)])
def test_damage_is_found_when_a_piece_is_read(tmp_path: Path, text: bytes) -> None:
    """A changed, cut or missing piece is never returned as if it were whole."""
    objects = Objects(tmp_path / "objects")
    put(objects, text)
    ((name, path),) = objects.names()
    whole = path.read_bytes()
    for broken in (whole[:-1], whole[:20] + bytes([whole[20] ^ 1]) + whole[21:], b""):
        path.write_bytes(broken)
        with pytest.raises(ObjectDamaged, match="choose another snapshot"):
            objects.read(name)
    path.unlink()
    with pytest.raises(ObjectDamaged, match="missing"):
        objects.read(name)


def test_a_sweep_removes_what_nobody_wants(tmp_path: Path) -> None:
    """What is wanted stays, and what a writer left half done goes."""
    objects = Objects(tmp_path / "objects")
    put(objects, b"wanted", b"not")
    half = objects.path(digest(b"wanted")).with_name(".partial-half")
    half.write_bytes(b"half")
    assert objects.sweep({digest(b"wanted")}) == len(b"not")
    assert [name for name, _ in objects.names()] == [digest(b"wanted")]
    assert not half.exists()


def test_a_disk_that_fails_is_told_of_by_close_at_the_latest(tmp_path: Path) -> None:
    """A piece that could not be made durable has no name, so nobody takes it for kept."""
    disk = ShakyDisk()
    objects = Objects(tmp_path / "objects", disk)
    disk.fail("fsync")
    with pytest.raises(NotKept, match="Input/output"):
        put(objects, b"lost")
    assert objects.path(digest(b"lost")) is None
