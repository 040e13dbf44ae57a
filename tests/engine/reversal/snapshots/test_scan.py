"""What a scan takes in of folders that others use."""

import os
import socket
from pathlib import Path

import msgspec
import pytest

from engine.reversal.snapshots.objects import PIECE, Objects, Writer
from engine.reversal.snapshots.scan import Scan
from engine.reversal.snapshots.tree import FILE, Entry
from state.disk import DISK


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / "objects")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def scan(objects: Objects, data: Path, *known: Entry, writer: Writer | None = None) -> Scan:
    """Take in a folder; files of which `known` says that they are unchanged are not read."""
    made = Scan(writer or objects.writer(), {entry.place: entry for entry in known})
    made.folder(2, data)
    made._writer.close()
    return made


def contents(objects: Objects, made: Scan) -> dict[bytes, bytes]:
    """The files that were taken in, by name."""
    return {e.name: b"".join(map(objects.read, e.pieces)) for e in made.entries if e.kind == FILE}


def test_names_of_any_bytes_modes_links_and_empty_folders_are_taken(objects: Objects, data: Path) -> None:
    """Nothing is too odd to be kept, and a link is kept as one: what it leads to is not looked at."""
    odd = os.fsdecode(b"\xff\xfe\n \x1b[31m")
    (data / odd).write_bytes(b"odd")
    (data / ".git").mkdir()
    (data / ".git" / "config").write_bytes(b"[core]")
    (data / "empty").mkdir(mode=0o750)
    (data / "link").symlink_to("/etc/passwd")
    (data / "loop").symlink_to(".")
    (data / "run").write_bytes(b"#!/bin/sh\n")
    (data / "run").chmod(0o751)
    made = scan(objects, data)
    assert contents(objects, made) == {os.fsencode(odd): b"odd", b".git/config": b"[core]", b"run": b"#!/bin/sh\n"}
    found = {entry.name: entry for entry in made.entries}
    assert (found[b"link"].target, found[b"loop"].target) == (b"/etc/passwd", b".")
    assert (found[b"run"].mode, found[b"empty"].mode) == (0o751, 0o750)
    assert made.troubles == []


def test_large_files_are_kept_in_pieces_of_which_only_changed_ones_are_kept_again(objects: Objects, data: Path) -> None:
    """What is appended to a large file costs the last piece, not the file."""
    (data / "log").write_bytes(os.urandom(2 * PIECE + 100))
    scan(objects, data)
    with (data / "log").open("ab") as file:
        file.write(b"one more line\n")
    writer = objects.writer()
    made = scan(objects, data, writer=writer)
    assert contents(objects, made)[b"log"] == (data / "log").read_bytes()
    assert writer.added < 1000


def test_an_unchanged_file_is_not_read(objects: Objects, data: Path) -> None:
    """A file whose times, size and place are the same is taken over as it was."""
    (data / "same").write_bytes(b"as it was")
    (entry,) = (entry for entry in scan(objects, data).entries if entry.kind == FILE)
    at = (data / "same").stat()
    stamp = (at.st_size, at.st_mtime_ns, at.st_ctime_ns, at.st_ino, at.st_dev)
    known = msgspec.structs.replace(entry, stamp=stamp, pieces=("not read",))
    again = scan(objects, data, known)
    assert [entry.pieces for entry in again.entries if entry.kind == FILE] == [("not read",)]
    (data / "same").chmod(0o600)
    assert contents(objects, scan(objects, data, known))[b"same"] == b"as it was"


def test_a_file_that_changed_a_moment_ago_is_read_the_next_time_too(objects: Objects, data: Path) -> None:
    """Times have a grain: a change within it would go unseen."""
    (data / "fresh").write_bytes(b"one")
    (entry,) = (entry for entry in scan(objects, data).entries if entry.kind == FILE)
    assert entry.stamp == ()


def test_a_file_that_changes_while_it_is_read_is_told_and_taken(objects: Objects, data: Path, tmp_path: Path) -> None:
    """It does not keep the others from being taken, and does not look whole."""

    class Restless(Writer):
        def put(self, data_: bytes) -> str:
            with (data / "busy").open("ab") as file:
                file.write(b"more")
            return super().put(data_)

    (data / "busy").write_bytes(b"some")
    (data / "calm").write_bytes(b"still")
    made = scan(objects, data, writer=Restless(tmp_path / "objects", DISK))
    assert contents(objects, made)[b"calm"] == b"still"
    (trouble,) = made.troubles
    assert "busy changed while it was read" in trouble


def test_what_is_no_file_is_told_and_left_out(objects: Objects, data: Path) -> None:
    """A pipe does not stop the scan, nor a socket, nor a folder that is not there."""
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(data / "socket"))
        made = scan(objects, data)
    assert contents(objects, made) == {}
    assert [trouble.rpartition(" is ")[2] for trouble in made.troubles] == [
        "a device, a socket or a pipe: left out"
    ] * 2
    assert "is no folder" in scan(objects, data / "gone").troubles[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told_and_left_out(objects: Objects, data: Path) -> None:
    """The rest is taken."""
    (data / "secret").write_bytes(b"x")
    (data / "secret").chmod(0)
    (data / "plain").write_bytes(b"y")
    made = scan(objects, data)
    assert contents(objects, made) == {b"plain": b"y"}
    assert "secret: Permission denied: left out" in made.troubles[0]


def test_a_folder_that_is_to_be_left_out_is_not_entered(objects: Objects, data: Path) -> None:
    """Snapshots never hold snapshots, wherever the configured folders lie."""
    (data / "inner" / "deep").mkdir(parents=True)
    made = Scan(objects.writer(), {}, [data / "inner"])
    made.folder(2, data)
    assert [entry.name for entry in made.entries] == [b""]
