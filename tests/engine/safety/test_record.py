"""The file beside a build that says whom to kill."""

import pytest

from engine.safety import record
from engine.safety.processes import Identity
from engine.safety.record import ProcessRecord
from state.files import BuildPaths
from tests.engine.work.running import build_in

RECORD = ProcessRecord(
    build="b-1",
    token="t",
    process=Identity(pid=5, start_ticks=6, boot="x"),
    sandboxed=True,
    groups=("/g",),
    time_s=7.5,
)


def test_a_record_is_read_as_it_was_written(workspace):
    """What is written is read again, and a second one takes its place."""
    paths = build_in(workspace)
    record.write(paths, RECORD)
    assert record.read(paths) == RECORD
    record.write(paths, RECORD)
    assert [f.name for f in paths.root.iterdir() if f.is_file()] == ["process.json"]


@pytest.mark.parametrize(
    "text", ["", "{", "null", '{"build": "b-1"}', "\0\0", '{"build": "\udcff"}', "[" * 100_000], ids=range(7)
)
def test_a_damaged_record_is_none(workspace, text):
    """A record that cannot be understood counts as missing, so that the build is looked for by its mark."""
    paths = build_in(workspace)
    assert record.read(paths) is None
    paths.process.write_text(text, errors="surrogateescape")
    assert record.read(paths) is None


def test_the_stop_file_of_a_build(workspace, tmp_path):
    """A build knows the STOP file of its workspace, also from a folder within its own, and has none outside one."""
    paths = build_in(workspace)
    assert record.stop_path(paths) == workspace.stop
    assert record.stop_path(BuildPaths(paths.root / "verify")) == workspace.stop
    assert record.stop_path(BuildPaths(tmp_path / "alone")) is None
