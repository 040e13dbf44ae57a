"""How a store comes back."""

import gc
import os
from pathlib import Path

import pytest

from state import records, replay, segments
from state.checkpoint import Digests
from state.files import Workspace
from state.journal import verify
from state.line import opening, parse
from state.replay import Past, Tables
from tests.state.making import filled


def loaded(workspace: Workspace) -> tuple[Past, Tables]:
    tables: Tables = {name: {} for name in records.TABLES}
    return replay.load(workspace, tables, Digests(workspace.journal)), tables


@pytest.mark.parametrize("checkpoint", [False, True])
def test_the_past_is_the_same_with_and_without_a_checkpoint(tmp_path: Path, checkpoint: bool) -> None:
    """A checkpoint only spares the reading of lines."""
    workspace = filled(tmp_path, 9, checkpoint=checkpoint)
    past, tables = loaded(workspace)
    assert list(tables["tasks"]) == [f"task-{number}" for number in range(1, 10)]
    assert past.end == segments.read_head(workspace.journal)
    assert past.sizes == {name: (workspace.journal / name).stat().st_size for name in segments.names(workspace.journal)}
    assert (past.checkpoint, past.recovered) == (9 if checkpoint else 0, "")
    assert past.grown == (0 if checkpoint else sum(past.sizes.values()))


def test_nothing_yet_is_a_past_too(tmp_path: Path) -> None:
    """A fresh workspace starts at the chain's beginning."""
    past, tables = loaded(Workspace(tmp_path))
    assert past == Past()
    assert not any(tables.values())


def test_a_torn_end_is_left_out_and_told(tmp_path: Path) -> None:
    """The size to go on at ends before it."""
    workspace = filled(tmp_path, 4)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    size = last.stat().st_size
    last.write_bytes(last.read_bytes() + opening(5))
    past, _ = loaded(workspace)
    assert past.sizes[last.name] == size
    assert f"{last}: its last {len(opening(5))} bytes were half written" in past.recovered


def test_blocks_that_never_reached_the_disk_end_the_journal(tmp_path: Path) -> None:
    """After a loss of power a file may hold zeros, with whole lines of the same lost write behind them."""
    workspace = filled(tmp_path, 5, per_day=9)
    (path,) = (workspace.journal / name for name in segments.names(workspace.journal))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]) + bytes(len(lines[3])) + lines[4])
    (workspace.journal / segments.HEAD).write_text(f"{0:020} {'0' * 64}\n")
    past, tables = loaded(workspace)
    assert list(tables["tasks"]) == ["task-1", "task-2", "task-3"]
    assert past.recovered
    audit = verify(workspace.journal, checkpoint=None)
    assert (audit.ok, audit.entries) == (True, 3)
    assert "half written" in audit.torn


def test_what_could_not_be_used_is_told(tmp_path: Path) -> None:
    """A lost witness and a changed checkpoint are set right, and said."""
    workspace = filled(tmp_path, 3, checkpoint=True)
    workspace.checkpoint.write_text("{}")
    (workspace.journal / segments.HEAD).unlink()
    past, tables = loaded(workspace)
    assert len(tables["tasks"]) == 3
    assert "state.json is not as it was written" in past.recovered
    assert "HEAD was lost" in past.recovered


def test_a_checkpoint_that_was_never_finished_is_cleared_away(tmp_path: Path) -> None:
    """What a killed writer left beside the checkpoint does not pile up."""
    workspace = filled(tmp_path, 1)
    rest = workspace.hidden / ".state.json.123-abcd.tmp"
    rest.write_text("half")
    loaded(workspace)
    assert not rest.exists()


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_as_it_was_afterwards(tmp_path: Path, on: bool) -> None:
    """Pausing it while many records are made is nobody else's concern."""
    workspace = filled(tmp_path, 1)
    was = gc.isenabled()
    try:
        (gc.enable if on else gc.disable)()
        loaded(workspace)
        assert gc.isenabled() == on
    finally:
        (gc.enable if was else gc.disable)()


def test_a_journal_cut_at_any_byte_comes_back_as_a_prefix(tmp_path: Path) -> None:
    """With a witness that stood three entries back, as after a loss of power: none of those three is half there."""
    workspace = filled(tmp_path, 6, per_day=9)
    (path,) = (workspace.journal / name for name in segments.names(workspace.journal))
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    third = parse(lines[2])
    (workspace.journal / segments.HEAD).write_text(f"{third.seq:020} {third.hash}\n")
    for size in range(len(whole), len(b"".join(lines[:3])) - 1, -1):
        os.truncate(path, size)
        past, tables = loaded(workspace)
        kept = whole[:size].count(b"\n")
        assert list(tables["tasks"]) == [f"task-{number}" for number in range(1, kept + 1)]
        assert past.sizes == {path.name: len(b"".join(lines[:kept]))}
        assert bool(past.recovered) == (past.sizes[path.name] != size)
