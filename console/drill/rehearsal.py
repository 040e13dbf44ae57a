"""Engages the kill switch on builds of its own, by each means, and measures until all are dead."""

import asyncio
import http.client
import json
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path

from console.doctor.stand import Stand, stand
from console.drill import tree
from console.http.beside import Beside
from console.http.token import read_or_make
from engine.clock import SystemClock
from engine.safety import kill_switch, processes
from engine.safety.kill import kill_until_none
from engine.safety.record import read
from engine.safety.tree import Tree
from state.errors import MidwatchError
from state.files import Workspace
from state.model import command as c
from state.model.brakes.kill_use import KillUse, Means
from state.model.task import LimitOverrides
from state.settings import HttpSettings, Settings

BUILDS = 2
GROWN_S = 120.0
"""How long builds may take to come up; a busy machine is no reason to rehearse nothing."""
_DEAD_S = 15.0
"""Who lives longer than this is a survivor."""
_LOOK_S = 0.001
_OWN_LIMIT_S = 300.0
"""The builds' own time limit: what a rehearsal that is itself killed leaves behind dies by then."""
_WHY = "rehearsed"
_UNLIMITED = """
[limits.rates]
files_per_h = "none"

[anomalies]
enabled = false
"""
"""No other brake may hold what this one is to stop."""

Strike = Callable[[Stand], Awaitable[None]]
"""Engages the switch by one means; it may return before all are dead."""
Load = Callable[[Path], AbstractContextManager[object]]


async def rehearse(
    workspace: Workspace,
    settings: Settings,
    actor: str,
    processes_each: int,
    builds: int = BUILDS,
    load: Load = nullcontext,
) -> AsyncIterator[KillUse]:
    """Yield what each means took, in a workspace beside the real one, which is left alone.

    The last one is without an engine. `load` weighs on the machine, and on a folder's disk, from when the builds are
    up until they are dead. Raises MidwatchError when no build can be started.
    """
    drill = secrets.token_hex(8)
    folder = await asyncio.to_thread(_clear, workspace)
    idle = settings.sandbox.idle_priority
    async with (
        stand(_UNLIMITED, folder=folder, slots=builds, idle=idle) as at,
        _endpoint(at.workspace, settings) as port,
    ):
        means: list[tuple[Means, Strike]] = [(Means.KEY, _by_key), (Means.FILE, _by_file)]
        if port:
            means.append((Means.HTTP, partial(_by_http, port)))
        for kind, strike in (*means, (Means.LIBRARY, _by_library)):
            grown = await _grow(at, kind, processes_each, builds)
            if kind is Means.LIBRARY:
                await at.end_engine()
            with load(folder):
                began, now = time.monotonic(), SystemClock().now()
                _, (ms, survivors) = await asyncio.gather(
                    strike(at), asyncio.to_thread(_wait_dead, at.workspace, grown, began)
                )
            yield KillUse(
                id=f"{drill}-{kind}",
                at=now,
                by=actor,
                means=kind,
                why=_WHY,
                ms=ms,
                builds=len(grown),
                processes=sum(tree.grown(at.workspace.build(build).work) for build in grown),
                survivors=survivors,
                drill=drill,
            )
            if kind is not Means.LIBRARY:
                await at.until(lambda view: all(build.over for build in view.builds.values()))
                await at.ask(c.Arm(why=_WHY))


async def _grow(at: Stand, kind: Means, processes_each: int, builds: int) -> list[str]:
    limits = LimitOverrides(time_s=_OWN_LIMIT_S, processes=2 * processes_each + 64)
    names = [f"{kind}-{number}" for number in range(builds)]
    started = [await at.start(name, tree.command(processes_each), limits=limits) for name in names]
    end = time.monotonic() + GROWN_S
    while any(tree.grown(at.workspace.build(build).work) < processes_each for build in started):
        over = [build for build in started if build in at.view().builds and at.view().builds[build].over]
        if over or time.monotonic() > end:
            why = f"{over[0]} ended by itself: {at.printed(over[0])}" if over else _what_keeps(at)
            raise MidwatchError(f"nothing was rehearsed: the builds to be killed did not run: {why}")
        await asyncio.sleep(0.01)
    return started


def _what_keeps(at: Stand) -> str:
    asked = "; ".join(question.text for question in at.view().escalations.values() if question.open)
    return asked or f"they took over {GROWN_S:.0f} s to come up"


def _wait_dead(workspace: Workspace, builds: list[str], began: float) -> tuple[float, tuple[int, ...]]:
    """Return after how many milliseconds all were dead, and the pids of those that are not."""
    left = set(builds)
    while left and time.monotonic() < began + _DEAD_S:
        left = {build for build in left if not tree.dead(workspace.build(build).work)}
        time.sleep(_LOOK_S)
    ms = (time.monotonic() - began) * 1000
    survivors: set[int] = set()
    for build in left:
        paths = workspace.build(build)
        with Tree(paths, read(paths)) as living:
            survivors |= living.living().keys()
    return round(ms, 1), tuple(sorted(survivors))


async def _by_key(at: Stand) -> None:
    await at.ask(c.KillAll(why=_WHY, means=Means.KEY))


async def _by_file(at: Stand) -> None:
    at.workspace.stop.touch()


async def _by_library(at: Stand) -> None:
    await asyncio.to_thread(kill_switch.engage, at.workspace, "drill", _WHY)


async def _by_http(port: int, at: Stand) -> None:
    await asyncio.to_thread(_post, at.workspace, port)


def _post(workspace: Workspace, port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_DEAD_S)
    try:
        head = {"Authorization": f"Bearer {read_or_make(workspace)}"}
        connection.request("POST", "/kill", json.dumps({"why": _WHY}), head)
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        # Whether all are dead is looked at from outside; who did not answer has killed nothing.
        return
    finally:
        connection.close()


@asynccontextmanager
async def _endpoint(workspace: Workspace, settings: Settings) -> AsyncIterator[int]:
    """Have an endpoint of the rehearsal's own, on a port that is free, where the operator has one; 0 where not."""
    if not settings.http.port:
        yield 0
        return
    endpoint = Beside(workspace, HttpSettings())
    await asyncio.to_thread(endpoint.start)
    try:
        yield endpoint.port
    finally:
        await asyncio.to_thread(endpoint.close)


def _clear(workspace: Workspace) -> Path:
    """Return an empty folder for this rehearsal; what one before left that was killed itself is ended and removed."""
    place = workspace.hidden / "drill"
    place.mkdir(mode=0o700, exist_ok=True)
    for old in place.iterdir():
        if not old.name.isdecimal() or processes.identify(int(old.name)) is None or int(old.name) == os.getpid():
            kill_until_none(Workspace(old / "workspace"))
            shutil.rmtree(old, ignore_errors=True)
    folder = place / str(os.getpid())
    folder.mkdir(mode=0o700)
    return folder
