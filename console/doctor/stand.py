"""A workspace with a live engine, in which guards may be tripped without harm."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from console import host
from engine import bootstrap
from engine.engine import Engine
from engine.facts import gather, rules_of
from engine.policy.gate import judge
from engine.safety.kill import kill_until_none
from engine.work import programs
from state.errors import MidwatchError
from state.files import Workspace, atomic_write, create_workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.view import View
from state.settings import load

ACTOR = "doctor"
PATIENCE_S = 30.0
"""How long anything may take before its guard counts as not working."""
_SLOTS = 4
_SETTINGS = """\
[queue]
slots = {slots}

[retry]
times = 0

[sandbox]
idle_priority = {idle}
"""


class Stand:
    """The workspace, its engine and its builds. On the engine's loop only."""

    def __init__(self, workspace: Workspace, engine: Engine, serving: asyncio.Task[None]) -> None:
        self.workspace = workspace
        self.engine = engine
        self._serving = serving
        self.outside = workspace.root.parent / "outside"
        """A folder of the operator's, as far as a build is concerned."""

    def view(self) -> View:
        """Everything, as the engine sees it."""
        return self.engine.view()

    async def ask(self, command: c.Command) -> c.Reply:
        """Ask the engine for something, and return its answer."""
        return await asyncio.wait_for(self.engine.ask(c.Request(actor=ACTOR, command=command)), PATIENCE_S)

    async def until(self, condition: Callable[[View], Any]) -> View:
        """Wait for something to be so; raises TimeoutError."""
        subscription = self.engine.subscribe()
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition(self.view()):
                    await subscription.next()
        finally:
            subscription.close()
        return self.view()

    async def start(self, label: str, command: str, **changes: Any) -> str:
        """Have a command built now, and return the build's id."""
        reply = await self.ask(c.SpawnTask(spec=spec(label, command=command, **changes)))
        if not reply.ok:
            raise MidwatchError(reply.text)
        return f"{label}-1"

    async def build(self, label: str, command: str, **changes: Any) -> b.Build:
        """Have a command built now, and return the build once it is over or waits for somebody."""
        build_id = await self.start(label, command, **changes)

        def rests(view: View) -> bool:
            build = view.builds.get(build_id)
            return build is not None and (not build.occupies or build.hold is not None)

        try:
            return (await self.until(rests)).builds[build_id]
        except TimeoutError:
            raise MidwatchError(f"{label} took too long: {self._standing(label, build_id)}") from None

    def _standing(self, label: str, build_id: str) -> str:
        view = self.view()
        build = view.builds.get(build_id)
        if build is not None:
            return f"its build is {build.state_name}"
        settings = load(self.workspace.settings)
        findings = judge(view.tasks[label], view, gather(view, settings, view.at), rules_of(settings)).against
        return "; ".join(finding.text for finding in findings) or "nothing stands against its start"

    async def end_engine(self) -> None:
        """End the engine; what it runs goes on."""
        self.engine.leave()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.wait([self._serving])

    def printed(self, build_id: str) -> str:
        """What a build printed."""
        return self.workspace.build(build_id).output.read_text(errors="replace").strip()

    async def operator_runs(self, command: str) -> programs.Output:
        """Run a command with the operator's own rights: what a guard is measured against."""
        return await programs.run(
            ["/bin/sh", "-c", command], cwd=self.outside, env=programs.clean_environment(), timeout_s=PATIENCE_S
        )

    async def repository(self, name: str) -> Path:
        """Make a repository with one commit."""
        path = self.outside / name
        made = await self.operator_runs(
            f"git init -q -b main {name} && cd {name} && echo one > file && git add file && "
            "git -c user.name=doctor -c user.email=doctor@localhost commit -q -m one"
        )
        if made.code:
            raise MidwatchError(f"no repository could be made: {made.err.decode(errors='replace')}")
        return path


def spec(label: str, **changes: Any) -> t.Spec:
    """A task that may start by itself, but for what `changes` say."""
    fields: dict[str, Any] = {
        "title": label,
        "description": "Trip one guard of this machine, then end",
        "criteria": ("the guard did what it is there for",),
        "category": t.Category.BUG_FIX,
        "command": "true",
        "source": ACTOR,
    }
    return t.Spec(label=label, **{**fields, **changes})


@asynccontextmanager
async def stand(
    settings: str = "", *, folder: Path | None = None, slots: int = _SLOTS, idle: bool = False
) -> AsyncIterator[Stand]:
    """Make one in an empty folder, with an engine at work in it; in the end nothing of it is left.

    `idle` has its builds run only when nothing else wants the processor.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="midwatch-doctor-"))
    workspace = create_workspace(folder / "workspace")
    (folder / "outside").mkdir()
    atomic_write(workspace.settings, _SETTINGS.format(slots=slots, idle=str(idle).lower()) + settings)
    ready = asyncio.Event()
    engine = bootstrap.open_engine(workspace, "headless")
    try:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(host.serve(workspace, engine, ready=ready.set))
            await asyncio.wait_for(ready.wait(), PATIENCE_S)
            try:
                yield Stand(workspace, engine, serving)
            finally:
                engine.leave()
    except ExceptionGroup as failed:
        # The one thing that went wrong, as it was: the group is no concern of whoever stands here.
        raise failed.exceptions[0] from failed
    finally:
        await asyncio.to_thread(kill_until_none, workspace)
        await asyncio.to_thread(shutil.rmtree, folder, True)
