"""The pages for people and programs, kept in line."""

import asyncio
from pathlib import Path

import pytest

from engine.around import pages
from engine.ledger import Ledger
from engine.viewers.bus import Bus
from state.files import create_workspace
from state.model import build as b
from state.model import task as t
from state.model.reason import Reason
from state.model.view import Record, View
from state.store import Store
from tests.engine.engines import until
from tests.making import NOON, ManualClock, a_build, a_task

SETUP = Reason(actor="test", action="set_up", why="the scene of a test")


async def _play(root: Path, *, break_it: bool) -> list[str]:
    """Change a build beside the pages' keeper; return the files that appear."""
    workspace = create_workspace(root)
    with Store.open(workspace, ManualClock()) as store:
        ledger = Ledger(store)
        store.listeners.append(ledger.note)
        bus = Bus(lambda: (store.number, NOON))

        def view() -> View:
            return View(number=store.number, at=NOON, tasks=store.tasks, builds=store.builds)

        page = workspace.subagents / "tidy-progress.md"
        keeping = asyncio.create_task(pages.keep(workspace, bus.follow(), view, ledger, lambda: True))
        await asyncio.sleep(0)
        if break_it:
            workspace.subagents.rmdir()
            workspace.subagents.touch()
        running = b.Running(token="t", pid=1, start_ticks=1, boot="")
        records: list[Record] = [a_task("tidy", t.Building(build="tidy-1")), a_build("tidy-1", running)]
        for record in records:
            store.stage([record], SETUP)
        store.flush()
        bus.publish(records)
        try:
            if not break_it:
                await until(page.exists, "a page")
            else:
                await asyncio.sleep(0.2)
                assert not keeping.done()
                workspace.subagents.unlink()
                workspace.subagents.mkdir()
                bus.publish(records)
                await until(page.exists, "a page after all")
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
        return sorted(path.name for path in workspace.subagents.iterdir())


@pytest.mark.parametrize("break_it", [False, True])
def test_a_change_of_a_build_reaches_its_page(tmp_path: Path, break_it: bool) -> None:
    """A build that runs gets its page, also after a time at which pages could not be written."""
    assert "tidy-progress.md" in asyncio.run(_play(tmp_path, break_it=break_it))
