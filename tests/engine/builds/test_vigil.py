"""A running build is held at a limit, and goes on or dies as the operator says."""

import asyncio
from pathlib import Path

import pytest

from engine.safety import groups, record
from engine.safety.tree import Tree
from state.model import command as c
from state.model.escalation import EscalationKind
from tests.engine.engines import House, ask, until
from tests.making import a_spec

FILES = "for i in $(seq {}); do echo $i > f$i; done; touch here; while ! test -e go; do sleep 0.01; done"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def stands_still(house: House, build_id: str = "tidy-1") -> bool:
    """Whether every process of a build is stopped, by the kernel's own word."""
    paths = house.workspace.build(build_id)
    known = record.read(paths)
    if known is None:
        return False
    with Tree(paths, known) as tree:
        return groups.frozen(tree.groups) or all(found.state in "Tt" for found in tree.living().values())


def test_a_build_that_changes_too_many_files_is_frozen_and_goes_on_when_approved(house: House) -> None:
    """The eleventh file stops it; a yes to exactly this lets it finish."""

    async def scene() -> None:
        async with house.live() as engine:
            await ask(engine, c.AddTasks(specs=(a_spec(command=FILES.format(11)),)))
            await until(lambda: "tidy-1" in house.store.builds and house.build().hold is not None, "it is held")
            hold = house.build().hold
            assert hold is not None and (hold.figure, hold.limit) == ("files", 10.0)
            assert stands_still(house)
            assert house.questions() == [EscalationKind.LIMIT_REACHED]
            (house.workspace.build("tidy-1").work / "go").touch()
            refused = await ask(engine, c.Approve(label="tidy", digest="of something else"))
            assert not refused.ok and stands_still(house)
            reply = await ask(engine, c.Approve(label="tidy", digest=hold.digest))
            assert reply.ok, reply.text
            await house.task_is("done")

    asyncio.run(scene())
    assert house.build().hold is None and house.questions() == []
