"""The kill switch while the machine has no time for it."""

import asyncio

import pytest

from console.drill.rehearsal import rehearse
from state.files import create_workspace
from state.model.brakes.kill_use import KillUse
from state.settings import HttpSettings, SandboxSettings, Settings
from tests.bench.weight import weight


@pytest.mark.slow
@pytest.mark.alone
def test_nothing_survives_on_a_busy_machine(tmp_path):
    """Four builds of 40 with both processors burning and the disk syncing: no process is left, by whatever means."""

    async def scene() -> list[KillUse]:
        settings = Settings(http=HttpSettings(port=1), sandbox=SandboxSettings(idle_priority=False))
        uses = rehearse(create_workspace(tmp_path), settings, "operator:ada", 40, builds=4, load=weight)
        return [use async for use in uses]

    uses = asyncio.run(scene())
    assert len(uses) == 4
    assert [(use.builds, use.survivors) for use in uses] == [(4, ())] * 4
    assert all(use.processes >= 160 for use in uses)
