"""What others change under a running engine: settings and the operator's files."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.bootstrap import open_engine
from engine.engine import Engine
from state.files import create_workspace
from state.model import command as c
from state.model import task as t
from state.model.view import View
from tests.making import a_spec


def beside(folder: Path, scene: Callable[[Engine, Path], Awaitable[None]]) -> None:
    """Play a scene beside a running engine on a fresh workspace with one slot."""
    workspace = create_workspace(folder)
    workspace.settings.write_text("[queue]\nslots = 1\n")

    async def play() -> None:
        engine = open_engine(workspace, "headless")
        ready = asyncio.Event()
        running = asyncio.get_running_loop().create_task(engine.run(ready=ready.set))
        await ready.wait()
        # The watch begins with the next turn of the loop.
        await asyncio.sleep(0)
        try:
            async with asyncio.timeout(20):
                await scene(engine, workspace.settings)
        finally:
            engine.leave()
            await running

    asyncio.run(play())


async def until(engine: Engine, fits: Callable[[View], bool]) -> View:
    changes = engine.subscribe()
    while not fits(view := engine.view()):
        await changes.next()
    changes.close()
    return view


def test_saved_settings_hold_at_once(tmp_path: Path) -> None:
    """More slots in the file are more slots in the engine, without a restart, and the change is on record."""

    async def scene(engine: Engine, settings: Path) -> None:
        assert engine.view().engine.slots == 1
        settings.write_text("[queue]\nslots = 3\n")
        await until(engine, lambda view: view.engine.slots == 3)

    beside(tmp_path, scene)
    assert "settings_loaded" in next((tmp_path / ".midwatch/journal").glob("*.jsonl")).read_text()


def test_a_bad_edit_keeps_the_old_settings_and_says_so(tmp_path: Path) -> None:
    """A mistake becomes a question with line and key while the old settings hold; mending it closes the question."""

    async def scene(engine: Engine, settings: Path) -> None:
        settings.write_text("[queue]\nslots = 3\nslotz = 4\n")
        view = await until(engine, lambda view: bool(view.engine.settings))
        assert view.engine.slots == 1
        assert "midwatch.toml:3: queue.slotz" in view.engine.settings
        question = next(iter(view.escalations.values()))
        assert question.open and "the old settings hold" in question.text
        settings.write_text("[queue]\nslots = 2\n")
        view = await until(engine, lambda view: view.engine.slots == 2)
        assert view.engine.settings == ""
        assert view.escalations[question.id].answer == "mended"

    beside(tmp_path, scene)


def test_new_rules_judge_those_that_wait_again(tmp_path: Path) -> None:
    """A task that was queued under a generous limit asks for approval once the limit is tightened."""

    async def scene(engine: Engine, settings: Path) -> None:
        await engine.ask(c.Request(actor="operator:ada", command=c.Pause(on=True)))
        add = c.AddTasks(specs=(a_spec(budget=20_000_000),))
        assert (await engine.ask(c.Request(actor="operator:ada", command=add))).text == "tidy: queued"
        settings.write_text("[approval]\nbudget_over = 10.0\n")
        view = await until(engine, lambda view: isinstance(view.tasks["tidy"].state, t.AwaitingApproval))
        assert any(question.label == "tidy" for question in view.escalations.values())

    beside(tmp_path, scene)


def test_the_operators_files_are_noticed(tmp_path: Path) -> None:
    """Saving GOALS.md, or a page of memory, is told to viewers and put on record."""

    async def scene(engine: Engine, settings: Path) -> None:
        (settings.parent / "GOALS.md").write_text("- ship it\n")
        await until(engine, lambda view: any("GOALS.md" in text for text in view.engine.noticed))
        memory = settings.parent / "memory"
        memory.mkdir()
        await until(engine, lambda view: any("memory" in text for text in view.engine.noticed))
        (memory / "2026-03-04.md").write_text("## [23:15] Autonomous\n")
        await until(engine, lambda view: any("2026-03-04.md" in text for text in view.engine.noticed))

    beside(tmp_path, scene)
    assert "changed: GOALS.md" in next((tmp_path / ".midwatch/journal").glob("*.jsonl")).read_text()
