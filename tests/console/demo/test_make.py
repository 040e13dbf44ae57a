"""Tests of console.demo.make."""

import subprocess
from datetime import UTC, datetime

import pytest

from console.demo.make import DemoRefused, is_demo, make, put_aside
from state.errors import WorkspaceBusy
from state.files import Lock, Workspace
from state.settings import load

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def commits(repo):
    done = subprocess.run(["git", "log", "--format=%H"], cwd=repo, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_a_demo_is_a_workspace_with_a_clean_repository(tmp_path):
    """The settings can be read, and the repository has one commit and nothing uncommitted."""
    workspace, repo = make(tmp_path / "demo")
    assert is_demo(workspace.root)
    assert load(workspace.settings).retry.wait_s == 5
    assert len(commits(repo)) == 1
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=repo, capture_output=True, text=True, check=True)
    assert dirty.stdout == ""


def test_one_that_is_there_is_used_again(tmp_path):
    """Making it twice changes nothing that was done in between."""
    workspace, repo = make(tmp_path / "demo")
    workspace.settings.write_text("[queue]\nslots = 1\n")
    (repo / "README.md").write_text("mine\n")
    before = commits(repo)
    assert make(tmp_path / "demo") == (workspace, repo)
    assert commits(repo) == before
    assert (repo / "README.md").read_text() == "mine\n"
    assert load(workspace.settings).queue.slots == 1


def test_one_that_was_left_half_made_is_finished(tmp_path):
    """Whatever a crash left of it, the next call ends with a whole demo."""
    whole, repo = make(tmp_path / "demo")
    (tmp_path / "half" / ".midwatch").mkdir(parents=True)
    (tmp_path / "half" / ".midwatch" / "demo").write_text("")
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path / "half" / "ledger")], check=True)
    _, finished = make(tmp_path / "half")
    assert len(commits(finished)) == 1
    assert {path.name for path in finished.iterdir()} == {path.name for path in repo.iterdir()}
    assert whole.root != finished.parent


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    """A folder that holds anything else, or is a file, is refused and stays as it is."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    for root in (tmp_path / "mine", tmp_path / "file"):
        with pytest.raises(DemoRefused):
            make(root)
        with pytest.raises(DemoRefused):
            put_aside(root, NOW)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_beginning_again_moves_the_old_one_aside(tmp_path):
    """Nothing is deleted: the old demo is whole under another name."""
    root = tmp_path / "demo"
    assert put_aside(root, NOW) is None
    _, repo = make(root)
    before = commits(repo)
    aside = put_aside(root, NOW)
    assert aside is not None
    assert not root.exists()
    assert commits(aside / "ledger") == before
    make(root)
    with pytest.raises(DemoRefused, match="in the way"):
        put_aside(root, NOW)
    assert is_demo(root)


def test_one_that_is_in_use_stays(tmp_path):
    """While somebody holds the workspace it is not moved."""
    root = tmp_path / "demo"
    make(root)
    with Lock(Workspace(root)), pytest.raises(WorkspaceBusy):
        put_aside(root, NOW)
    assert is_demo(root)
