"""Control groups for builds."""

import os
import subprocess
from pathlib import Path

import pytest

from engine.safety import groups
from engine.work import cgroup
from engine.work.cgroup import GroupParent
from state.settings import DEFAULT_LIMITS

PARENTS = cgroup.parents()
needs_groups = pytest.mark.skipif(not PARENTS, reason="no control group can be made on this machine")


@pytest.fixture
def token():
    """A token of which no group is left after the test."""
    made = f"test-{os.getpid()}"
    yield made
    groups.remove(tuple(f"{parent.path}/midwatch-{made}" for parent in PARENTS), timeout_s=5)


def test_a_control_is_offered_once():
    """Each kind of control comes from one place only."""
    offered = [control for parent in PARENTS for control in parent.controls]
    assert len(offered) == len(set(offered))
    assert set(offered) <= {"kill", "pids", "memory", "cpu"}


@needs_groups
def test_looking_leaves_nothing():
    """The groups that are made to see whether groups can be made are gone afterwards."""
    cgroup.parents()
    assert not [g for p in PARENTS for g in Path(p.path).glob(f"midwatch-trial-{os.getpid()}")]


@needs_groups
def test_limits_are_in_force(token):
    """A build's groups carry its limits, with room for our own processes."""
    names = cgroup.make(PARENTS, token, DEFAULT_LIMITS, idle=True)
    for parent, group in zip(PARENTS, names, strict=True):
        if "pids" in parent.controls:
            assert int(Path(group, "pids.max").read_text()) == DEFAULT_LIMITS.processes + cgroup.SUPERVISORS
        if "memory" in parent.controls:
            file = next(f for f in ("memory.max", "memory.limit_in_bytes") if Path(group, f).exists())
            assert int(Path(group, file).read_text()) == DEFAULT_LIMITS.memory_bytes
        if "cpu" in parent.controls:
            assert Path(group, "cpu.idle").read_text().strip() == "1"


@needs_groups
def test_all_or_nothing(token):
    """When one group cannot be made, none is left."""
    nowhere = GroupParent(path="/sys/fs/cgroup/nosuch/place", controls=("pids",))
    with pytest.raises(FileNotFoundError):
        cgroup.make((*PARENTS, nowhere), token, DEFAULT_LIMITS, idle=False)
    assert not [p for p in PARENTS if Path(p.path, f"midwatch-{token}").exists()]


@needs_groups
def test_a_token_can_be_used_again(token):
    """An empty group of an earlier spawn of the same token is no obstacle."""
    first = cgroup.make(PARENTS, token, DEFAULT_LIMITS, idle=False)
    assert cgroup.make(PARENTS, token, DEFAULT_LIMITS, idle=False) == first


@needs_groups
def test_joining_takes_later_children_along(token):
    """A process that joins is in every group, and so is what it starts."""
    names = cgroup.make(PARENTS, token, DEFAULT_LIMITS, idle=False)
    with subprocess.Popen(
        ["/bin/sh", "-c", "read go; sleep 1000 & echo $!; wait"], stdin=-1, stdout=-1, text=True
    ) as p:
        assert p.stdin is not None
        assert p.stdout is not None
        cgroup.join(names, p.pid)
        print(file=p.stdin, flush=True)
        child = int(p.stdout.readline())
        for group in names:
            assert Path(group, "cgroup.procs").read_text().split() == [str(p.pid), str(child)]
        os.kill(child, 9)
        p.kill()


@needs_groups
def test_tidying_leaves_the_young_alone(token, monkeypatch):
    """Of the empty groups only old ones are removed: a young one may be about to be joined."""
    names = cgroup.make(PARENTS, token, DEFAULT_LIMITS, idle=False)
    cgroup.tidy(PARENTS)
    assert all(map(os.path.exists, names))
    monkeypatch.setattr(cgroup, "_STALE_S", -1.0)
    cgroup.tidy(PARENTS)
    assert not any(map(os.path.exists, names))


def test_a_process_in_no_group_of_ours_has_no_figure():
    """The time of a process outside a build's group is not mistaken for a build's."""
    assert cgroup.cpu_seconds(os.getpid()) is None
    assert cgroup.cpu_seconds(2**22 + 1) is None
