"""Restore points on the command line."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from state import segments
from tests.front.midwatch import Space
from tests.front.spaces import open_space, space

__all__ = ["open_space", "space"]


def test_what_was_damaged_is_back_after_one_command(space: Space) -> None:
    """Deleted settings and goals, killed tasks: all is as it was, and what came later is named and left."""
    space.add("tidy", "true")
    (space.root / "GOALS.md").write_text("ship it\n")
    settings = space.paths.settings.read_text()
    made = space.json("snapshot", "create", "--why", "before I touch anything")
    assert made.keys() >= {"id", "at", "bytes"}
    space.ok("kill", "tidy")
    space.add("later", "true")
    space.paths.settings.unlink()
    (space.root / "GOALS.md").write_text("oops")
    (space.root / "IDEAS.md").write_text("a later thought")
    told = space.json("snapshot", "restore", made["id"])
    assert (told["id"], told["files"], told["left_alone_names"]) == (made["id"], 2, ["IDEAS.md"])
    assert space.paths.settings.read_text() == settings
    assert (space.root / "GOALS.md").read_text() == "ship it\n"
    assert (space.root / "IDEAS.md").exists()
    assert [(row["label"], row["state"]) for row in space.json("queue", "--all")] == [
        ("tidy", "queued"),
        ("later", "killed"),
    ]
    assert "paused" in space.ok("status")
    space.ok("audit", "verify")
    kinds = [one["kind"] for one in space.json("snapshot", "list")]
    assert kinds == ["hand", "restore"]
    space.ok("snapshot", "restore", told["before"])
    assert (space.root / "GOALS.md").read_text() == "oops"
    assert space.state("tidy") == "killed"


def test_state_and_files_can_come_back_alone_and_the_state_of_any_entry(space: Space) -> None:
    """`--only` and `--to`: one without the other, and a moment between two snapshots."""
    space.add("tidy", "true")
    (space.root / "GOALS.md").write_text("one")
    seq = space.json("audit", "list", "--limit", "1")[0]["seq"]
    space.ok("snapshot", "create")
    space.ok("kill", "tidy")
    (space.root / "GOALS.md").write_text("two")
    space.ok("snapshot", "restore", "latest", "--only", "files")
    assert ((space.root / "GOALS.md").read_text(), space.state("tidy")) == ("one", "killed")
    (space.root / "GOALS.md").write_text("three")
    space.ok("snapshot", "restore", "latest", "--only", "state", "--to", str(seq))
    assert ((space.root / "GOALS.md").read_text(), space.state("tidy")) == ("three", "queued")
    assert "no entry 999" in space.fails(1, "snapshot", "restore", "latest", "--to", "999")
    assert "not a time" in space.fails(2, "snapshot", "restore", "latest", "--to", "soon")
    assert "which one?" in space.fails(2, "snapshot", "restore")


def test_a_snapshot_can_be_laid_out_elsewhere(space: Space, tmp_path: Path) -> None:
    """As a workspace that can be looked at, with nothing else touched."""
    space.add("tidy", "true")
    space.ok("snapshot", "create")
    space.ok("kill", "tidy")
    space.ok("snapshot", "restore", "latest", "--into", str(tmp_path / "there"))
    rows = json.loads(space.ok("queue", "--all", "--json", "--workspace", str(tmp_path / "there")))
    assert [row["state"] for row in rows] == ["queued"]
    assert space.state("tidy") == "killed"
    assert "not an empty folder" in space.fails(2, "snapshot", "restore", "latest", "--into", str(tmp_path))


def test_a_rehearsal_is_told_and_remembered(space: Space) -> None:
    """It exits with 1, and names what is wrong, once a piece of the snapshot is lost."""
    (space.root / "GOALS.md").write_text("ship it\n")
    made = space.json("snapshot", "create")
    assert "no restore was rehearsed yet" in space.ok("snapshot", "list")
    assert space.json("snapshot", "rehearse")["ok"]
    assert "last rehearsal: ok" in space.ok("snapshot", "list")
    for piece in (space.paths.hidden / "snapshots" / "objects").glob("*/*"):
        if piece.read_bytes() == b"ship it\n":
            piece.write_bytes(b"sunk it\n")
    done = space.run("snapshot", "rehearse", made["id"])
    assert done.returncode == 1
    assert "did NOT come back whole" in done.stdout
    assert "last rehearsal: FAILED" in space.ok("snapshot", "list")


def test_folders_retention_and_forgetting(open_space: Callable[..., Space], tmp_path: Path) -> None:
    """Configured folders are held; regular snapshots make room; older ones can be removed for good."""
    extra = tmp_path / "extra"
    extra.mkdir()
    (extra / "data.bin").write_bytes(os.urandom(5000))
    space = open_space(f'[snapshots]\nhourly = 1\ndaily = 0\nmonthly = 0\nfolders = ["{extra}"]\n')
    first = space.json("snapshot", "create", "--routine")
    second = space.json("snapshot", "create", "--routine")
    assert second["expired"] == [first["id"]]
    shutil.rmtree(extra)
    space.ok("snapshot", "restore", second["id"], "--only", "files")
    assert (extra / "data.bin").stat().st_size == 5000
    space.fails(2, "snapshot", "forget", "--before", "2999-01-01")
    space.ok("snapshot", "forget", "--before", "2999-01-01", "--yes")
    assert "there is no snapshot" in space.ok("snapshot", "list")


@pytest.mark.parametrize("damage", ["settings", "record", "no record"])
def test_what_keeps_everything_else_from_working_does_not_keep_a_restore_from_it(space: Space, damage: str) -> None:
    """Settings that cannot be read, a damaged record and a lost one are what restore points are for."""
    space.add("tidy", "true")
    space.ok("snapshot", "create")
    if damage == "settings":
        space.paths.settings.write_text("this = [")
        assert space.run("status").returncode
    else:
        (segment,) = segments.names(space.paths.journal)
        path = space.paths.journal / segment
        space.paths.checkpoint.unlink(missing_ok=True)
        path.write_bytes(path.read_bytes().replace(b"asked for", b"not asked", 1))
        assert "midwatch snapshot restore" in space.fails(1, "status")
        if damage == "no record":
            shutil.rmtree(space.paths.journal)
    space.ok("snapshot", "restore", "20")
    assert space.state("tidy") == "queued"
    space.ok("audit", "verify")
    assert space.json("audit", "list", "--limit", "1")[0]["action"] == "restored"
    assert not (space.paths.hidden / "restoring").exists()


def test_snapshots_are_made_with_settings_that_cannot_be_read(space: Space) -> None:
    """They are told of, and held as they are."""
    space.paths.settings.write_text("this = [")
    made = space.json("snapshot", "create")
    assert any("settings cannot be read" in trouble for trouble in made["troubles"])
