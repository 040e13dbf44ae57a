"""The trial that shows what a machine can enforce."""

import os
import shutil
from pathlib import Path

import pytest

from engine.work import trial
from engine.work.cgroup import GroupParent


@pytest.fixture
def programs(tmp_path):
    """A folder with the programs that a build needs, but no bubblewrap yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("timeout", "prlimit"):
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    return folder


def put(folder: Path, script: str) -> None:
    """Make a program that takes bubblewrap's place."""
    program = folder / "bwrap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_this_machine_makes_sandboxes():
    """Here a sandbox is really made, and nothing is left of the trial."""
    found = trial.probe()
    assert found.trouble == ""
    assert os.access(found.bwrap, os.X_OK)


def test_no_bubblewrap_is_trouble(programs):
    """Without bubblewrap the trouble names what to install."""
    assert "install bubblewrap" in trial.probe(path=str(programs)).trouble


def test_no_timeout_is_trouble(tmp_path):
    """Without the program that keeps the time nothing can run."""
    assert "install coreutils" in trial.probe(path=str(tmp_path)).trouble


def test_a_bubblewrap_that_fails_is_trouble(programs):
    """What bubblewrap says when it fails is the trouble."""
    put(programs, "echo no user namespaces >&2; exit 1")
    assert "no user namespaces" in trial.probe(path=str(programs)).trouble


def test_a_bubblewrap_that_says_nothing_is_trouble(programs):
    """A bubblewrap that ends well without having run the command is not believed."""
    put(programs, "exit 0")
    assert trial.probe(path=str(programs)).trouble


def test_a_sandbox_that_hides_nothing_is_trouble(programs):
    """A bubblewrap that runs the command without any wall around it is seen through."""
    put(programs, 'while test "$1" != --; do shift; done; shift; cd "$PWD"; "$@"; echo "{ \\"exit-code\\": $? }" >&3')
    assert trial.probe(path=str(programs)).trouble


def test_groups_that_cannot_be_used_are_left_out():
    """A place where no group can be made after all is dropped, and what is lost by it is said in words."""
    nowhere = (GroupParent(path="/sys/fs/cgroup/nosuch", controls=("pids", "memory", "kill")),)
    found = trial.probe(groups=nowhere)
    assert found.trouble == ""
    assert found.groups == ()
    assert found.memory_limit == "rlimit"
    assert any("memory" in words for words in found.unenforced)
    assert found.process_limit == ("" if os.geteuid() == 0 else "rlimit")
