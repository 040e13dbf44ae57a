"""Draws the README's picture: the console itself over the demo workspace, with real builds at work.

Run it from the checkout: `.venv/bin/python -m tests.picture docs/console.svg`.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from console.app import Midwatch, export_picture
from console.host import Host, ports
from console.links import HostedLink
from console.operator import operator
from engine.clock import SystemClock
from state.files import Workspace
from state.model.command import Kill, Request
from state.model.view import View
from widgets.builds import BuildsPane

SIZE = (132, 38)
_PATIENCE_S = 60.0
_NIGHT_H = 5
_SETTINGS = """
[time]
zone = "UTC"

[windows.overnight]
from = "{begin:%H:%M}"
to = "{end:%H:%M}"
context = "sleeping"

[limits.action]
files = 3

[limits.rates]
files_per_h = 6
"""
"""A night that lasts some hours more, and limits near enough to be shown."""


async def draw(target: Path) -> None:
    """Export the console once a build is done, two are under way and a question is open."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "demo"
        demo = [sys.executable, "-P", "-m", "console.cli.main", "demo", str(root)]
        await asyncio.to_thread(subprocess.run, demo, check=True)
        workspace = Workspace(root)
        now = SystemClock().now()
        hours = _SETTINGS.format(begin=now - timedelta(hours=1), end=now + timedelta(hours=_NIGHT_H, minutes=12))
        with workspace.settings.open("a", encoding="utf-8") as settings:
            settings.write(hours)
        host = Host(workspace)
        link = host.start()
        app = Midwatch(link, workspace, ports(workspace), actor=operator(os.getuid()))
        try:
            async with app.run_test(size=SIZE) as pilot:
                async with asyncio.timeout(_PATIENCE_S):
                    while not _worth_a_picture(await asyncio.wrap_future(link.view())):
                        await pilot.pause(0.1)
                builds = app.deck.query_one(BuildsPane)
                builds.focus()
                builds.select(next(key for key in builds.keys if key.startswith("quick-totals")))
                await pilot.pause(1.2)
                target.write_text(export_picture(app), encoding="utf-8")
        finally:
            for label in ("module-index", "quick-totals"):
                await asyncio.to_thread(_kill, link, label)
            host.leave()
            await asyncio.to_thread(host.join)


def _worth_a_picture(view: View) -> bool:
    states = [task.state_name for task in view.tasks.values()]
    return states.count("building") == 2 and "done" in states and any(e.open for e in view.escalations.values())


def _kill(link: HostedLink, label: str) -> None:
    link.submit(Request(actor="picture", command=Kill(label=label))).result(20)


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1])))
