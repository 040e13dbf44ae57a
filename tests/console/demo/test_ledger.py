"""Tests of console.demo.ledger."""

import subprocess
import sys
from pathlib import Path

from console.demo.ledger import FILES


def write(root: Path) -> None:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_project_is_real_its_tests_pass_and_it_loses_a_cent(tmp_path):
    """The ledger's own tests pass, and the fault that the demo mends is there."""
    write(tmp_path)
    run = [sys.executable, "-m", "unittest", "discover", "-s", "tests", "-t", "."]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "Ran 5 tests" in done.stderr
    lost = [sys.executable, "-c", "from ledger.money import split; print(sum(split(1000, 3)))"]
    assert subprocess.run(lost, cwd=tmp_path, capture_output=True, text=True, timeout=60).stdout == "999\n"
