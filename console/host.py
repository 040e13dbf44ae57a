"""Opens the console, with an engine on a thread of its own behind it where none runs yet."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from console import logs
from console.http.beside import beside
from console.links import HostedLink, SocketLink
from console.operator import operator
from console.server import Server
from engine import bootstrap
from engine.engine import Engine
from engine.safety.kill_switch import died
from engine.work import programs
from state.files import Workspace
from state.model.brakes.kill_use import Means
from state.model.task import Task
from state.model.verdict import Finding
from state.model.view import View
from state.settings import SettingsError, load

if TYPE_CHECKING:
    from console.cli.base import Hand
    from console.link import Link, Ports
    from state.journal import Decision
    from state.model.brakes.safekeeping import Snapshot

GARBAGE = 5_000
"""From so many objects on that may be garbage the console looks for it."""


async def serve(
    workspace: Workspace, engine: Engine, until_idle: bool = False, ready: Callable[[], None] = lambda: None
) -> None:
    """Run an engine to its end, and let others reach it meanwhile."""
    server = Server(workspace, engine)
    await server.start()
    try:
        async with beside(workspace, load(workspace.settings).http):
            await engine.run(until_idle=until_idle, ready=ready)
    finally:
        await server.close()


def open_console(workspace: Workspace) -> int:
    """Open the console on the workspace's engine, or host one; returns the exit code once the process may end."""
    from console.app import Midwatch, Why

    host = None
    link: Link
    try:
        link = SocketLink(workspace)
        logs.begin(workspace, aloud=False, name=logs.CONSOLE)
    except (FileNotFoundError, ConnectionRefusedError):
        logs.begin(workspace, aloud=False)
        host = Host(workspace)
        link = host.start()
    leave = Midwatch(link, workspace, ports(workspace), actor=operator(os.getuid()), settled=_collect_less).run()
    link.close()
    why = leave.kind if leave is not None else Why.QUIT
    if host is None:
        return 0
    if why is Why.LOST:
        _let_go_of_terminal()
        host.go_headless()
    elif why in (Why.DRAIN, Why.TERMINATED):
        print("nothing more starts; this ends with the last running build (`midwatch status` shows it)")
        host.drain()
    else:
        host.leave()
    code = host.join()
    if why is Why.HEADLESS:
        engine = [
            sys.executable,
            "-m",
            "console.cli.main",
            "--workspace",
            str(workspace.root),
            "engine",
            "--until-idle",
            "--quiet",
        ]
        programs.detach(engine, Path(__file__).parent.parent, workspace.logs / "headless.log")
        print("the engine goes on without a console; `midwatch` opens one again")
    return code


def _collect_less() -> None:
    """Keep the garbage collector from what is there from the start, and have it look less often at the rest.

    To look through ten thousand tasks takes longer than all else that a key sets off, and nearly all of them stay.
    """
    gc.freeze()
    gc.set_threshold(GARBAGE)


def ports(workspace: Workspace) -> "Ports":
    """Return what a console on this workspace reads by itself."""
    from console.link import Ports
    from console.screens.outlook import look_out
    from engine.facts import gather, rules_of
    from engine.policy.gate import judge
    from engine.policy.order import order_key
    from engine.safety import kill_switch
    from engine.schedule.timetable import coming
    from engine.work.output import read_log
    from engine.work.review import diff_text

    settings = load(workspace.settings)
    actor = operator(os.getuid())

    def explain(task: Task, view: View) -> Sequence[Finding]:
        nonlocal settings
        # A bad edit leaves the old ones in force, here as in the engine.
        with contextlib.suppress(SettingsError):
            settings = load(workspace.settings)
        facts = gather(view, settings, view.at)
        return judge(task, view, facts, rules_of(settings)).findings

    def stop() -> str:
        return died(kill_switch.engage(workspace, actor, "the console's kill switch", means=Means.KEY))

    return Ports(
        rank=order_key,
        explain=explain,
        read_log=read_log,
        diff=partial(diff_text, workspace),
        emergency_stop=stop,
        schedules=lambda: load(workspace.settings).schedules,
        coming=coming,
        decisions=partial(_decisions, workspace),
        story=partial(_story, workspace),
        verify=partial(_verify, workspace),
        snapshots=partial(_snapshots, workspace),
        make_snapshot=partial(_make_snapshot, workspace),
        go_back=partial(_go_back, workspace),
        outlook=lambda view, start, end: look_out(view, load(workspace.settings), start, end),
    )


def _decisions(workspace: Workspace, words: str, most: int) -> "Sequence[Decision]":
    from state.keeping.search import Query, search

    return tuple(islice(search(workspace.journal, Query(text=words or None)), most))


def _story(workspace: Workspace, seq: int) -> Sequence[str]:
    from console.render import moment
    from engine.reports import chronicle, story

    told = story.story(workspace.journal, seq)
    return chronicle.lines(told, moment) if told else ("This entry is not on record any more.",)


def _verify(workspace: Workspace) -> tuple[bool, str]:
    from console.cli.record.proof import prove

    found, lines = prove(workspace)
    return found.ok, "; ".join(lines)


def _snapshots(workspace: Workspace) -> "Sequence[Snapshot]":
    from engine.reversal.snapshots.vault import Vault

    return [manifest.snapshot for manifest in Vault(workspace).manifests()]


def _make_snapshot(workspace: Workspace, why: str) -> str:
    from console.cli.back.making import make
    from state.model.brakes.safekeeping import Kind

    made, gone, unrecorded = make(_hand(workspace), Kind.HAND, why)
    room = f"; {len(gone)} older ones made room" if gone else ""
    return "\n".join((f"{made.id}: {made.files:,} files, {made.bytes:,} bytes{room}", *made.troubles, *unrecorded))


def _go_back(workspace: Workspace, name: str) -> str:
    from console.cli.back.going_back import go_back
    from engine.reversal.snapshots.vault import Vault

    vault = Vault(workspace)
    ready, text = go_back(_hand(workspace), vault, vault.find(name), None, "all", stop=False, why="from the console")
    return f"{text}; {ready.plan.files:,} files put back. What was there is {ready.before.snapshot.id}."


def _hand(workspace: Workspace) -> "Hand":
    from console.cli.base import Hand

    hand = Hand()
    hand.named = str(workspace.root)
    return hand


def _let_go_of_terminal() -> None:
    """Point the standard streams at nothing, so that no write to a dead terminal can fail."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


class Host:
    """An engine on a thread and a loop of its own, so that a stalled terminal never stalls a build."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._engine = bootstrap.open_engine(workspace, "hosted")
        self._loop = asyncio.new_event_loop()
        self._failure: Exception | None = None
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine")

    def start(self) -> HostedLink:
        """Start it and return the way to reach it once it works; raises what keeps it from that."""
        self._thread.start()
        self._begun.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure
        return HostedLink(self._engine, self._loop)

    def leave(self) -> None:
        """End the engine; running builds go on by themselves."""
        self._tell(self._engine.leave)

    def drain(self) -> None:
        """Start nothing more, end with the last running build."""
        self._tell(self._engine.drain)

    def go_headless(self) -> None:
        """Go on without a screen until nothing more can start by itself."""
        self._tell(self._engine.go_headless)

    def join(self) -> int:
        """Wait until the engine has ended; returns the exit code."""
        self._thread.join()
        why = self._engine.failed if self._failure is None else repr(self._failure)
        if why:
            print(f"the engine failed: {why}; see {self._workspace.logs}/engine.log", file=sys.stderr)
        return 1 if why else 0

    def _tell(self, what: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # its loop is closed: it has ended by itself
            self._loop.call_soon_threadsafe(what)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(serve(self._workspace, self._engine, ready=self._begun.set))
        except Exception as error:  # noqa: BLE001 - the thread's edge: the console's thread tells the operator
            self._failure = error
        finally:
            self._begun.set()
            # Whoever still waits for an answer is told that none will come.
            waiting = asyncio.all_tasks(self._loop)
            for task in waiting:
                task.cancel()
            if waiting:
                self._loop.run_until_complete(asyncio.wait(waiting))
            self._loop.close()
