"""The gathering of figures."""

import asyncio

from console.http import exposition
from console.http.exposition import Exposition
from state.files import Workspace, create_workspace
from state.model.view import View
from tests.front.midwatch import listening


def test_many_who_ask_at_once_cost_one_look(tmp_path, monkeypatch) -> None:
    """Several scrapes within a second get the same text."""
    found = Exposition(create_workspace(tmp_path))
    looks: list[int] = []
    real = exposition._view

    def look(workspace: Workspace) -> View | None:
        looks.append(1)
        return real(workspace)

    monkeypatch.setattr(exposition, "_view", look)

    async def scene() -> None:
        texts = await asyncio.gather(*(found.text() for _ in range(20)))
        assert len({text for text, _ in texts}) == 1

    asyncio.run(scene())
    assert looks == [1]


def test_a_silent_engine_is_waited_for_and_then_told(tmp_path, monkeypatch) -> None:
    """With somebody at the socket who never answers, the rest is told."""
    workspace = create_workspace(tmp_path)
    monkeypatch.setattr(exposition, "_WAIT_S", 0.2)
    workspace.stop.touch()
    with listening(workspace):
        text, _ = asyncio.run(Exposition(workspace).text())
    assert b"midwatch_engine_up 0.0" in text and b"midwatch_kill_switch_engaged 1.0" in text
