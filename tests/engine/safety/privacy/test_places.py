"""The files beside the journal that may hold words of people."""

import os
from pathlib import Path

import pytest

from engine.safety.privacy import places
from engine.safety.privacy.subject import Subject
from state.files import Workspace, create_workspace

GRACE = Subject("Grace Hopper")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


def held(path: Path, text: str = "by Grace Hopper") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_engines_own_files_are_told_from_the_others(workspace: Workspace) -> None:
    """Logs, output and pages are the engine's; queue files, memory and what builds made are not."""
    root, build = workspace.root, workspace.build("tidy-1")
    ours = {held(workspace.logs / "engine.log.1"), held(build.output), held(workspace.escalations / "e1.md")}
    theirs = {held(build.work / "deep" / "a.txt"), held(root / "GOALS.md"), held(root / "memory" / "x.md")}
    ours.add(held(root / "memory" / "2026-03-04.md"))
    for kept in (workspace.journal / "2026-03-04.jsonl", workspace.hidden / "private" / "tidy.json"):
        held(kept)
    held(build.git / "config")
    held(workspace.hidden / "snapshots" / "objects" / "ab")
    theirs.add(held(workspace.hidden / "set-aside" / "x" / "old.jsonl"))
    ours.add(held(workspace.hidden / "running.json"))
    (workspace.logs / "link").symlink_to(root / "GOALS.md")
    os.mkfifo(workspace.hidden / "pipe")
    found = {place.path for place in places.holding(places.ours(workspace), GRACE, root)}
    assert found == {str(path.relative_to(root)) for path in ours}
    found = {place.path for place in places.holding(places.theirs(workspace), GRACE, root)}
    assert found == {str(path.relative_to(root)) for path in theirs}


def test_a_blot_leaves_the_file_the_same_one(workspace: Workspace) -> None:
    """Whoever goes on appending to it does so behind what was there, and nothing else of it changes."""
    path = held(workspace.build("tidy-1").output, "a\nGrace Hopper, hopper grace\nb\n")
    with path.open("a") as writer:
        assert places.blot(path, GRACE) == 2
        writer.write("c\n")
    assert path.read_text() == "a\n************, ************\nb\nc\n"
    assert places.blot(path, GRACE) == 0


def test_a_large_file_is_looked_through_whole(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a name lies across the border of two blocks."""
    monkeypatch.setattr(places, "_BLOCK", 64)
    monkeypatch.setattr(places, "OVERLAP", 32)
    text = "".join(f"{'x' * (number % 41)} Grace Hopper\n" for number in range(60))
    path = held(workspace.logs / "engine.log", text)
    assert places.blot(path, GRACE) == 60
    assert path.read_text() == text.replace("Grace Hopper", "*" * 12)


def test_restore_points_are_never_written_over(workspace: Workspace) -> None:
    """Their pieces are named by what they hold: they are removed by a verb of their own, not changed."""
    piece = held(workspace.hidden / "snapshots" / "objects" / "ab" / "abc")
    assert piece not in set(places.ours(workspace))


def test_what_is_replaced_while_it_is_looked_at_is_no_failure(tmp_path: Path) -> None:
    """A file that is gone when its turn comes is passed over, and what took its place is looked at."""
    workspace = create_workspace(tmp_path / "operator")
    folder = workspace.root / "subagents"
    folder.mkdir(exist_ok=True)
    for name in ("a.tmp", "b.md", "c.md"):
        (folder / name).write_text("about Ada Lovelace")
    seen = []
    for path in places.ours(workspace):
        if path.name == "a.tmp":
            (folder / "b.md").unlink()
        seen.append(path.name)
    assert "c.md" in seen
    gone = folder / "gone.md"
    assert places.blot(gone, Subject("Ada Lovelace")) == 0
