"""`midwatch problems`, as it is typed."""

import subprocess
from pathlib import Path
from typing import Any

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
    assert "PROBLEM" in midwatch.ok("problems", "list")
    code, complaint = midwatch.fails("problems", "fix", row["id"])
    assert code == 1 and "without you" in complaint
    make(own, 300)
    gone = midwatch.json("problems", "scan")
    assert str(own) not in [row["subject"] for row in gone["problems"]] and "1 gone" in gone["text"]
    assert not [one for one in midwatch.json("status")["escalations"] if one["label"].startswith("problem:")]
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


def test_what_is_meant_must_be_said(midwatch: Midwatch) -> None:
    """Neither nothing nor both, and no name that is none."""
    for words in ((), ("disk:/", "--safe")):
        code, complaint = midwatch.fails("problems", "fix", *words)
        assert code == 2 and "--safe" in complaint
    code, complaint = midwatch.fails("problems", "fix", "disk:/nowhere")
    assert code == 1 and "there is no problem 'disk:/nowhere' now" in complaint
    assert midwatch.json("problems", "fix", "--safe") == {"fixes": []}
    assert "nothing can be fixed without you" in midwatch.ok("problems", "fix", "--safe", "--dry-run")


def test_the_figures_are_shown(midwatch: Midwatch) -> None:
    """For people and for programs."""
    midwatch.ok("problems", "scan")
    found = midwatch.json("problems", "metrics")
    assert found["looks"] == 1
    assert {folder["name"] for folder in found["folders"]} == {"builds", "journal", "snapshots", "logs"}
    assert found["disks"][0]["free_bytes"] > 0
    assert "FOLDER" in midwatch.ok("problems", "metrics")
