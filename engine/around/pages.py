"""Keeps the pages for people and programs in line with the builds, at a pace that a reader can follow."""

import asyncio
import logging
from collections.abc import Callable

from engine.ledger import Ledger
from engine.reports.subagents import PAUSE, SubagentFiles
from engine.viewers.bus import Subscription
from state.files import Workspace
from state.model.view import View

log = logging.getLogger("midwatch.pages")

_AT_MOST_S = 0.5
"""The shortest time between two rounds of writing."""
_AGAIN_S = 1800.0
"""A page of a running build is written at least this often."""


async def keep(
    workspace: Workspace, changes: Subscription, view: Callable[[], View], ledger: Ledger, busy: Callable[[], bool]
) -> None:
    """Write pages for every change in `changes`, and now and then while builds are `busy`, until cancelled."""
    pages = SubagentFiles(workspace)
    while True:
        also: list[str] = []
        try:
            again_s = PAUSE.total_seconds() if pages.postponed else _AGAIN_S
            async with asyncio.timeout(again_s if busy() else None):
                delta = await changes.next()
                also = [build.label for build in delta.builds]
        except TimeoutError:
            pass
        try:
            await asyncio.to_thread(pages.update, view(), ledger.unfinished(), also)
        except OSError as error:
            log.warning("the progress pages cannot be written: %s", error)
        await asyncio.sleep(_AT_MOST_S)
