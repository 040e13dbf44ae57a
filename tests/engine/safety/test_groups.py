"""A build's control groups, as far as they help to end it."""

import os
import subprocess
from pathlib import Path

import pytest

from engine.safety import groups
from engine.work import cgroup
from state.settings import DEFAULT_LIMITS

PARENTS = cgroup.parents()
NOWHERE = ("/sys/fs/cgroup/nosuch/midwatch-x",)


@pytest.fixture
def made():
    """Groups with limits and nobody in them."""
    if not PARENTS:
        pytest.skip("no control group can be made on this machine")
    names = cgroup.make(PARENTS, f"groups-{os.getpid()}", DEFAULT_LIMITS, idle=True)
    yield names
    groups.remove(names, timeout_s=1)


@pytest.fixture
def member(made):
    """A process in the groups."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        cgroup.join(made, process.pid)
        yield process
        process.kill()


def test_members_are_those_who_live_in_them(made, member):
    """A group's members are its processes."""
    assert groups.members(made) == {member.pid}
    assert not groups.drained(made, 0.01)


def test_one_write_kills_them_all(made, member):
    """Where the kernel can kill a group at once it does, and then the group is empty."""
    if not any("kill" in parent.controls for parent in PARENTS):
        pytest.skip("this kernel kills no group at once")
    assert groups.kill(made)
    assert groups.drained(made, 5)
    assert member.wait() == -9


def test_a_group_in_use_stays(made, member):
    """A group that holds somebody is not removed, and is named; once empty it goes."""
    assert groups.remove(made) == made
    member.kill()
    member.wait()
    assert groups.remove(made, timeout_s=1) == ()
    assert not any(map(os.path.exists, made))


def test_only_groups_without_anybody_are_deserted(made, member):
    """Somebody who lives in them is seen; once he is gone there is nobody to kill."""
    if not any("kill" in parent.controls for parent in PARENTS):
        pytest.skip("this kernel kills no group at once")
    assert not groups.deserted(made)
    member.kill()
    member.wait()
    assert groups.drained(made, 5)
    assert groups.deserted(made)
    assert not groups.deserted(NOWHERE)


def test_the_dying_get_the_processor(made):
    """A group of idle priority is made an ordinary one before it is killed."""
    idle = [Path(group, "cpu.idle") for group in made if Path(group, "cpu.idle").exists()]
    if not idle:
        pytest.skip("this machine has no control group for processor time")
    assert idle[0].read_text().strip() == "1"
    groups.hurry(made)
    assert idle[0].read_text().strip() == "0"


def test_groups_that_are_gone_hold_nobody():
    """Groups that are not there, or none at all, are empty, cannot be killed and need no removing."""
    for names in (NOWHERE, ()):
        assert groups.members(names) == set()
        assert not groups.kill(names)
        assert groups.drained(names, 0)
        assert groups.remove(names) == ()
        groups.hurry(names)
