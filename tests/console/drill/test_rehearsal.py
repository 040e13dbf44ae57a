"""The rehearsal of the kill switch."""

import asyncio
import secrets

import pytest

from console.drill import rehearsal, tree
from engine.safety import kill_switch, processes
from state.errors import MidwatchError
from state.files import Workspace, create_workspace
from state.model.brakes.kill_use import KillUse, Means
from state.settings import HttpSettings, SandboxSettings, Settings
from tests.engine.work.running import build_in, start
from tests.front.midwatch import pids_of

BUSY = SandboxSettings(idle_priority=False)
"""Builds get their share of a machine on which other tests run."""


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """The operator's, with a name that no other process of this machine speaks of."""
    return create_workspace(tmp_path / f"space-{secrets.token_hex(6)}")


def rehearse(workspace: Workspace, **settings) -> list[KillUse]:
    async def all_of_it() -> list[KillUse]:
        uses = rehearsal.rehearse(workspace, Settings(sandbox=BUSY, **settings), "operator:ada", 12)
        return [use async for use in uses]

    return asyncio.run(all_of_it())


def test_each_means_kills_what_it_finds_and_nothing_of_the_operators(workspace) -> None:
    """Key, file, HTTP and a call without an engine each end builds of their own; the operator's build lives on."""
    identity = start(build_in(workspace), "sleep 1000")
    uses = rehearse(workspace, http=HttpSettings(port=1))
    assert [use.means for use in uses] == [Means.KEY, Means.FILE, Means.HTTP, Means.LIBRARY]
    for use in uses:
        assert (use.builds, use.survivors, use.drill) == (2, (), uses[0].drill)
        assert use.processes >= 24 and use.ms > 0
    assert processes.alive(identity) and not kill_switch.engaged(workspace)
    kill_switch.engage(workspace, "test", "the end")


def test_it_leaves_nothing_behind(workspace) -> None:
    """Neither a folder nor a process; and what a rehearsal before left that was killed itself goes too."""
    stale = create_workspace(workspace.hidden / "drill" / "0" / "workspace")
    start(build_in(stale), "sleep 1000")
    assert [use.means for use in rehearse(workspace)] == [Means.KEY, Means.FILE, Means.LIBRARY]
    assert list((workspace.hidden / "drill").iterdir()) == []
    assert pids_of(workspace.root.name) == []


def test_builds_that_do_not_come_up_are_no_rehearsal(workspace, monkeypatch) -> None:
    """Where nothing ran nothing was proven, and that is said."""
    monkeypatch.setattr(tree, "_SCRIPT", "echo no such thing {count}")
    with pytest.raises(MidwatchError, match="nothing was rehearsed"):
        rehearse(workspace)


def test_who_lives_on_is_found(workspace, monkeypatch) -> None:
    """A switch that kills nothing is seen from outside, whatever it says: the survivors are named."""
    monkeypatch.setattr(rehearsal, "_DEAD_S", 0.5)

    async def nothing(at) -> None:
        return None

    async def one() -> KillUse:
        monkeypatch.setattr(rehearsal, "_by_key", nothing)
        async for use in rehearsal.rehearse(workspace, Settings(sandbox=BUSY), "operator:ada", 8):
            return use
        raise AssertionError

    use = asyncio.run(one())
    assert len(use.survivors) >= 16 and use.ms >= 500
    assert pids_of(workspace.root.name) == []
