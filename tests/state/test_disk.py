"""The system calls that make bytes durable."""

import errno
import os
from pathlib import Path

import pytest

from state.disk import Disk
from tests.state.shaky import ShakyDisk


class Sipping(Disk):
    """Takes three bytes at a time."""

    def write(self, fd: int, data: bytes | memoryview) -> int:
        return super().write(fd, bytes(data[:3]))


def test_write_all_goes_on_after_a_short_write(tmp_path: Path) -> None:
    """A system that takes a part gets the rest too."""
    disk = Sipping()
    fd = disk.open(tmp_path / "f", os.O_WRONLY | os.O_CREAT)
    disk.write_all(fd, b"0123456789")
    disk.close(fd)
    assert (tmp_path / "f").read_bytes() == b"0123456789"


def test_a_file_is_synced_before_it_gets_its_name_and_the_name_after(tmp_path: Path) -> None:
    """At no moment does a name stand for bytes that the disk does not hold."""
    disk = ShakyDisk()
    disk.replace_with(tmp_path / "f", (b"a", b"b"), 0o600)
    assert disk.calls == ["open", "write", "write", "fsync", "replace", "open", "fsync"]
    assert (tmp_path / "f").read_bytes() == b"ab"


@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failed_replacement_leaves_the_old_contents_and_no_rest(tmp_path: Path, call: str) -> None:
    """Whatever fails, the old file stands alone."""
    (tmp_path / "f").write_text("old")
    disk = ShakyDisk()
    disk.fail(call, errno.ENOSPC)
    with pytest.raises(OSError, match="No space"):
        disk.replace_with(tmp_path / "f", (b"new",), 0o600)
    assert [path.name for path in tmp_path.iterdir()] == ["f"]
    assert (tmp_path / "f").read_text() == "old"


def test_a_symlink_in_a_files_place_is_not_followed(tmp_path: Path) -> None:
    """Nobody can lead a write of ours elsewhere; a folder may be a link."""
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        Disk().open(tmp_path / "link", os.O_WRONLY | os.O_CREAT)
    (tmp_path / "folder").symlink_to(tmp_path)
    Disk().sync_folder(tmp_path / "folder")


def test_children_do_not_inherit_descriptors(tmp_path: Path) -> None:
    """A build that we start holds none of our files open."""
    fd = Disk().open(tmp_path / "f", os.O_WRONLY | os.O_CREAT)
    assert not os.get_inheritable(fd)
    os.close(fd)
