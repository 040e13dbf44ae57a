"""Room is made of what is kept elsewhere, and of nothing else."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.around.mending import Room, Stopped, make_room
from engine.safety.kill import kill_until_none
from engine.safety.record import ProcessRecord, write
from state.files import Workspace, create_workspace
from state.model import build as b
from tests.engine.engines import TOKEN, House
from tests.making import NOON, a_build

LATER = NOON + timedelta(days=1)
MERGED = a_build(
    "tidy-1",
    b.Finished(ending="done", text="", at=NOON),
    repo="/code",
    result="c",
    delivered=b.Check(result=b.Result.YES),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path / "ws")


def tree(folder: Path, size: int = 200_000) -> Path:
    """A working tree with a file that takes room, and one that its owner may not read."""
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/big").write_bytes(os.urandom(size))
    (folder / "deep").chmod(0)
    return folder


def room(workspace: Workspace, *builds: b.Build, dry_run: bool = False) -> Room:
    return make_room(workspace, builds or (MERGED,), LATER, 0.0, dry_run=dry_run)


def test_spare_folders_go_and_the_rest_stays(workspace: Workspace) -> None:
    """A working tree and its copy are removed, whatever their rights; output and commits stay."""
    paths = workspace.build("tidy-1")
    tree(paths.work)
    copy = tree(workspace.verification("tidy-1").work)
    paths.git.mkdir()
    paths.output.write_text("it went well\n")
    would = room(workspace, dry_run=True)
    assert paths.work.exists() and copy.exists()
    done = room(workspace)
    assert done.folders == would.folders == (".midwatch/builds/tidy-1.verify/work", ".midwatch/builds/tidy-1/work")
    assert done.bytes >= 400_000
    assert not paths.work.exists() and not copy.exists()
    assert paths.git.exists() and paths.output.exists()
    assert room(workspace) == Room((), 0)


def test_nothing_of_a_build_under_way_is_touched(workspace: Workspace) -> None:
    """Whatever state it is in, and whatever was merged of its task before."""
    for state in (
        b.Running(token="t", pid=1, start_ticks=1, boot="b"),
        b.Checking(candidate="c"),
        b.Reviewing(digest="d"),
    ):
        going = msgspec.structs.replace(MERGED, state=state)
        kept = workspace.build("tidy-1").work
        if not kept.exists():
            tree(kept)
        assert room(workspace, going) == Room((), 0)
        assert kept.exists()


def test_a_folder_in_which_something_still_runs_stays(tmp_path: Path) -> None:
    """The record says that the build is over, and a process of it lives: it is left, and told."""
    house = House(tmp_path)
    workspace = house.workspace
    identity = house.spawn("tidy-1", "exec sleep 600")
    try:
        record = ProcessRecord(build="tidy-1", token=TOKEN, process=identity, sandboxed=True, time_s=600.0)
        write(workspace.build("tidy-1"), record)
        left = room(workspace)
        assert left.folders == ()
        assert left.left == (".midwatch/builds/tidy-1/work: something of tidy-1 still runs: `midwatch kill tidy`",)
        assert workspace.build("tidy-1").work.exists()
    finally:
        kill_until_none(workspace)
    assert room(workspace).folders == (".midwatch/builds/tidy-1/work",)


@pytest.mark.parametrize("linked", ["builds/tidy-1/work", "builds/tidy-1", "builds"])
def test_nothing_outside_of_the_workspace_is_removed(workspace: Workspace, tmp_path: Path, linked: str) -> None:
    """A link in the place of any folder on the way is not followed, and not removed either."""
    outside = tmp_path / "outside"
    tree(outside / Path("builds/tidy-1/work").relative_to(linked))
    link = workspace.hidden / linked
    if linked == "builds":
        link.rmdir()
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(outside)
    left = room(workspace)
    assert left.folders == ()
    assert left.left[-1].endswith("/tidy-1/work: it is not a folder of the workspace's own")
    assert link.is_symlink()
    assert (outside / Path("builds/tidy-1/work").relative_to(linked) / "deep").exists()


def test_the_kill_switch_stops_it_in_the_middle(workspace: Workspace) -> None:
    """From the moment that its file is there nothing more is removed."""
    tree(workspace.build("tidy-1").work)
    workspace.stop.touch()
    with pytest.raises(Stopped, match="after 0 folders"):
        room(workspace)
    assert workspace.build("tidy-1").work.exists()
    workspace.stop.unlink()
    assert room(workspace).folders


def test_one_that_cannot_be_removed_is_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the others are removed all the same."""
    tree(workspace.build("tidy-1").work)
    tree(workspace.verification("tidy-1").work)
    from engine.work.trees import salvage

    real = salvage.remove

    def refuse(path: Path) -> None:
        if path.parent.name.endswith(".verify"):
            raise OSError(30, "Read-only file system")
        real(path)

    monkeypatch.setattr(salvage, "remove", refuse)
    found = room(workspace)
    assert found.folders == (".midwatch/builds/tidy-1/work",)
    assert found.left == (".midwatch/builds/tidy-1.verify/work: Read-only file system: remove it by hand",)
