"""Tests of console.cli.demo."""

import subprocess

import pytest

LABELS = {"no-cent-lost", "csv-export", "quick-totals", "module-index"}


def test_the_demo_is_made_once(midwatch, tmp_path):
    """A second call adds no task again; --fresh begins anew and keeps the old one aside."""
    root = tmp_path / "show"
    midwatch.ok("demo", str(root))
    midwatch.ok("demo", str(root))
    assert {row["label"] for row in midwatch.json("queue", "--workspace", str(root))} == LABELS
    assert len(midwatch.json("audit", "list", "--workspace", str(root))) == 1
    assert "the old demo is in" in midwatch.ok("demo", str(root), "--fresh")
    assert {row["label"] for row in midwatch.json("queue", "--workspace", str(root))} == LABELS
    assert len(list(tmp_path.glob("show-*"))) == 1


def test_a_folder_with_other_things_is_refused(midwatch, tmp_path):
    """The demo is not made over something else."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    assert midwatch.fails("demo", str(tmp_path / "mine"))[0] == 1


@pytest.mark.slow
def test_each_task_does_what_it_is_there_to_show(midwatch, tmp_path):
    """One merges by itself, one merges after two approvals, one fails for good, one hangs and is killed."""
    root = tmp_path / "show"
    midwatch.ok("demo", str(root))
    midwatch.root, midwatch.workspace = root, type(midwatch.workspace)(root)
    with midwatch.engine():
        midwatch.ok("approve", "csv-export")
        midwatch.reaches("no-cent-lost", "done")
        midwatch.reaches("csv-export", "awaiting_review")
        midwatch.ok("approve", "csv-export")
        midwatch.reaches("csv-export", "done")
        assert midwatch.state("module-index") == "building"
        assert "never answers" in midwatch.ok("logs", "module-index")
        midwatch.ok("kill", "module-index")
        midwatch.reaches("module-index", "killed")
        midwatch.reaches("quick-totals", "failed")
        (question,) = midwatch.json("status")["escalations"]
        assert (question["label"], question["kind"]) == ("quick-totals", "build_failed")
    repo = root / "ledger"
    log = subprocess.run(["git", "log", "--format=%s"], cwd=repo, capture_output=True, text=True, check=True).stdout
    assert len(log.splitlines()) == 3
    check = ["python3", "-m", "unittest", "discover", "-q", "-s", "tests", "-t", "."]
    assert subprocess.run(check, cwd=repo, capture_output=True, timeout=60).returncode == 0
    assert midwatch.json("audit", "verify")["ok"] is True
