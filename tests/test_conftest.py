"""Who may run beside whom in the tests themselves."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

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


def suite_in(folder: Path, *options: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run the tests that lie in `folder` under the rules of this project's own; they keep notes in `folder/seen`."""
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    alone\n    bench\n")
    (folder / "seen").mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MIDWATCH_TEST", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(folder)],
        cwd=folder,
        env=own | {"SEEN": str(folder / "seen")} | env,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_lone_tests_run_with_nobody_beside_them(tmp_path: Path) -> None:
    """With two workers, a test marked `alone` sees no other, and no other sees it."""
    (tmp_path / "test_suite.py").write_text(SUITE)
    done = suite_in(tmp_path, "-n", "2", "--dist", "loadgroup")
    assert done.returncode == 0, done.stdout + done.stderr
    beside = {path.name: set(path.read_text().split()) for path in (tmp_path / "seen").iterdir()}
    assert len(beside) == 6
    assert {name: others for name, others in beside.items() if others and name.startswith("alone")} == {}
    assert not any(other.startswith("alone") for others in beside.values() for other in others), beside


LUCK = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(int(os.environ["LUCKY"])))
def test_luck(number):
    tried = Path(os.environ["SEEN"]) / str(number)
    if not tried.exists():
        tried.touch()
        raise AssertionError
"""


@pytest.mark.parametrize(("lucky", "code"), [(3, 0), (4, 1)])
def test_a_run_that_needs_many_second_tries_fails(tmp_path: Path, lucky: int, code: int) -> None:
    """Three tests may pass at their second try, a fourth one fails the run, although all have passed by then."""
    (tmp_path / "test_luck.py").write_text(LUCK)
    done = suite_in(tmp_path, "-n", "2", "--reruns=1", LUCKY=str(lucky))
    assert f"{lucky} passed, {lucky} rerun" in done.stdout
    assert ("more than 3 tests needed a second try" in done.stdout) == bool(code)
    assert done.returncode == code, done.stdout
