"""`midwatch problems`, as it is typed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from console.cli.main import run
from state.files import create_workspace
from tests.console.cli.conftest import Midwatch
from tests.engine.learning.problems.test_certificates import make


def test_a_certificate_that_expires_is_seen_told_and_gone(midwatch: Midwatch) -> None:
    """Critical once it is over: then the operator is asked; with a good one in its place it closes by itself."""
    own = midwatch.root / "own.pem"
    _expired(own)
    (midwatch.root / "midwatch.toml").write_text(f'[problems]\ncertificates = ["{own}"]\n')
    row: dict[str, Any] = {}
    for count in (1, 2):
        rows = midwatch.json("problems", "scan")["problems"]
        [row] = [row for row in rows if row["subject"] == str(own)]
        assert (row["severity"], row["count"], row["fix"]) == ("critical", count, None)
    [asked] = [one for one in midwatch.json("status")["escalations"] if one["label"].startswith("problem:")]
    assert asked["count"] == 2 and "renew it" in asked["text"]
    code, complaint = midwatch.fails("problems", "fix", row["id"])
    assert code == 1 and "without you" in complaint
    make(own, 300)
    gone = midwatch.json("problems", "scan")
    assert str(own) not in [row["subject"] for row in gone["problems"]] and "1 gone" in gone["text"]
    [row] = [row for row in midwatch.json("problems", "list", "--all") if row["subject"] == str(own)]
    assert not row["open"] and row["gone"] == "it is not there any more"


def _expired(path: Path) -> None:
    """A certificate that is over as soon as it is made: of no days, which only signing a request allows."""
    key, asked = f"{path}.key", f"{path}.request"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=own.example"]
    for words in (
        ["req", "-new", *curve, "-keyout", key, "-out", asked],
        ["x509", "-req", "-in", asked, "-signkey", key, "-days", "0", "-out", str(path)],
    ):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60)


def typed(root: Path, *words: str) -> int:
    """Run a command line in this process and return its exit code."""
    return run(["problems", "--workspace", str(root), *words])


def test_what_is_meant_must_be_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither nothing nor both, and no name that is none; where nothing can be fixed, it says so and is content."""
    create_workspace(tmp_path)
    for words in ((), ("disk:/", "--safe")):
        assert typed(tmp_path, "fix", *words) == 2
        assert "say --safe for all" in capsys.readouterr().err
    assert typed(tmp_path, "fix", "disk:/nowhere") == 1
    assert "there is no problem 'disk:/nowhere' now" in capsys.readouterr().err
    assert typed(tmp_path, "list") == 0
    assert "no problem is known" in capsys.readouterr().out
    assert typed(tmp_path, "fix", "--safe", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"fixes": []}
    assert typed(tmp_path, "fix", "--safe", "--dry-run") == 0
    assert "nothing can be fixed without you" in capsys.readouterr().out


def test_the_figures_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for programs."""
    create_workspace(tmp_path)
    assert typed(tmp_path, "scan") == 0
    capsys.readouterr()
    assert typed(tmp_path, "metrics", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["looks"] == 1
    assert {folder["name"] for folder in found["folders"]} == {"builds", "journal", "snapshots", "logs"}
    assert found["disks"][0]["free_bytes"] > 0
    assert typed(tmp_path, "metrics") == 0
    assert "FOLDER" in capsys.readouterr().out
