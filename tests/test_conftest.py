"""Who may run beside whom in the tests themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
SUITE = """
import os, time
from pathlib import Path
import pytest

SEEN = Path(os.environ["SEEN"])

def stay(name):
    here = SEEN / (name + ".here")
    here.touch()
    others = set()
    for _ in range(20):
        time.sleep(0.01)
        others |= {path.stem for path in SEEN.glob("*.here")} - {name}
    (SEEN / name).write_text(" ".join(others))
    here.unlink()

@pytest.mark.parametrize("number", range(4))
def test_company(number):
    stay(f"company{number}")

@pytest.mark.alone
@pytest.mark.parametrize("number", range(2))
def test_alone(number):
    stay(f"alone{number}")
"""


def test_lone_tests_run_with_nobody_beside_them(tmp_path: Path) -> None:
    """With two workers, a test marked `alone` sees no other, and no other sees it."""
    shutil.copy(CONFTEST, tmp_path / "conftest.py")
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    alone\n    bench\n")
    seen = tmp_path / "seen"
    seen.mkdir()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MIDWATCH_TEST", "PYTEST"))}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            "2",
            "--dist",
            "loadgroup",
            str(tmp_path),
        ],
        cwd=tmp_path,
        env=env | {"SEEN": str(seen)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    beside = {path.name: set(path.read_text().split()) for path in seen.iterdir()}
    assert len(beside) == 6
    assert {name: others for name, others in beside.items() if others and name.startswith("alone")} == {}
    assert not any(other.startswith("alone") for others in beside.values() for other in others), beside
