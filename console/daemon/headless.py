"""Runs an engine without a console, as the process that systemd, launchd, a container or an operator started."""

import asyncio
import fcntl
import logging
import os
import signal
import sys

from console import host, logs
from console.daemon.notify import Supervisor
from engine import bootstrap
from engine.engine import Engine
from engine.safety import crash
from state.disk import DISK
from state.errors import MidwatchError
from state.files import Workspace, WorkspaceBusy

LEFT_FROZEN = 6
"""The exit code of an engine that ended with builds frozen that wait for the operator."""

log = logging.getLogger("midwatch.engine")


def run_engine(
    workspace: Workspace,
    *,
    until_idle: bool = False,
    wait: bool = False,
    drain_s: float | None = None,
    aloud: bool = True,
) -> int:
    """Run until told to leave; returns the exit code.

    SIGTERM and the first SIGINT drain: nothing more starts, and it ends with the last running build, or after
    `drain_s` seconds where that is given. A second one of either ends it at once. Builds that still run then go on
    until the next engine adopts them. One that ends since it is idle, and leaves builds frozen that wait for the
    operator, says so and returns 6. With `wait` it waits for another process that holds the workspace, else that raises
    WorkspaceBusy. Its log goes to standard error too when `aloud`.
    """
    logs.begin(workspace, aloud=aloud)
    supervisor = Supervisor.of(os.environ, os.getpid())
    try:
        engine = _open(workspace, supervisor, wait)
        crash.keep_stacks(workspace)
        told = asyncio.run(_run(workspace, engine, supervisor, until_idle, drain_s))
    except MidwatchError:
        # Told by whoever called, in words.
        raise
    except Exception as error:
        # The log has the last words that the next engine passes on.
        log.exception("the engine ends: %s", error)
        raise
    finally:
        supervisor.close()
    if engine.failed:
        return 1
    if until_idle and not told and (frozen := engine.frozen):
        print(f"midwatch: {_left(frozen)}", file=sys.stderr, flush=True)
        return LEFT_FROZEN
    return 0


def _left(builds: tuple[str, ...]) -> str:
    labels = ", ".join(dict.fromkeys(build.rpartition("-")[0] for build in builds))
    stay = f"{', '.join(builds)} stay{'s' * (len(builds) == 1)} frozen until you answer"
    return f"nothing more starts by itself, and {stay}: `midwatch approve` or `deny` {labels}, then start an engine"


def _open(workspace: Workspace, supervisor: Supervisor, wait: bool) -> Engine:
    while True:
        try:
            return bootstrap.open_engine(workspace, "headless")
        except WorkspaceBusy as busy:
            if not wait:
                raise
            # Not into the log, which is that other process's as long as it works.
            supervisor.tell(f"waits: {busy}")
            print(f"midwatch: waits: {busy}", file=sys.stderr, flush=True)
            _wait_for_lock(workspace)


def _wait_for_lock(workspace: Workspace) -> None:
    """Sleep until nobody holds the workspace. A signal ends the process as it does by default."""
    fd = DISK.open(workspace.lock, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH)
    finally:
        os.close(fd)


async def _run(
    workspace: Workspace, engine: Engine, supervisor: Supervisor, until_idle: bool, drain_s: float | None
) -> bool:
    """Run to the end, and return whether a signal asked for it."""
    loop = asyncio.get_running_loop()
    asked = False

    def end() -> None:
        nonlocal asked
        if asked:
            engine.leave()
            return
        asked = True
        supervisor.tell("drains: nothing more starts, and it ends with the last running build", "STOPPING=1")
        engine.drain()
        if drain_s is not None:
            loop.call_later(drain_s, engine.leave)

    def ready() -> None:
        supervisor.ready(f"keeps watch over {workspace.root}")

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    try:
        await host.serve(workspace, engine, until_idle, ready)
    finally:
        # All is written down: one more signal must not turn the last moments into a death by signal.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
    return asked
