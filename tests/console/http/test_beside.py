"""The endpoint beside an engine."""

import asyncio
import json
import logging
import signal
import socket

import pytest

from console.http.beside import Beside, PortTaken, beside
from console.http.token import path_of
from state.files import Workspace, create_workspace
from state.settings import HttpSettings
from tests.console.http.caller import Caller, endpoint
from tests.front.midwatch import Space, until
from tests.front.spaces import open_space

__all__ = ["open_space"]


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return int(place.getsockname()[1])


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return create_workspace(tmp_path)


def test_without_a_port_there_is_nothing(workspace: Workspace) -> None:
    """The default listens nowhere, and makes no token."""

    async def scene() -> None:
        async with beside(workspace, HttpSettings()) as made:
            assert made is None

    asyncio.run(scene())
    assert not path_of(workspace).exists()


def test_a_port_that_is_taken_is_said_and_stops_no_engine(workspace: Workspace, caplog) -> None:
    """Who asks for it alone is told what to do; beside an engine it is logged."""

    async def scene(port: int) -> None:
        async with beside(workspace, HttpSettings(port=port)) as made:
            assert made is None

    with endpoint(workspace) as caller:
        with pytest.raises(PortTaken, match="name another port"):
            Beside(workspace, HttpSettings(port=caller.port)).start()
        with caplog.at_level(logging.WARNING):
            asyncio.run(scene(caller.port))
    assert "the endpoint is off" in caplog.text


def test_the_engine_has_it_and_puts_its_use_on_record(open_space) -> None:
    """With a port in the settings the engine answers there; a kill ends the build and is told with its time."""
    port = free_port()
    space: Space = open_space(f"[http]\nport = {port}\n")
    space.add("slow", "sleep 1000")
    with space.engine():
        space.wait("slow", "building")
        caller = Caller(space.paths, port)
        assert caller.ask("GET", "/health").json["healthy"] is True
        figures = caller.ask("GET", "/metrics").text
        assert "midwatch_engine_up 1.0" in figures and 'midwatch_builds{state="' in figures
        answer = caller.ask("POST", "/kill", json.dumps({"why": "smoke"}))
        assert answer.json["ok"] and answer.json["builds"] == 1
        space.wait("slow", "killed")
        used = until(lambda: space.json("status")["kill_switch"]["last_use"], "the use on record")
        assert (used["means"], used["by"], used["why"], used["builds"]) == ("http", "http", "smoke", 1)
    assert space.decisions("--action", "kill_switch_used")


def test_a_process_of_its_own_kills_while_the_engine_is_stopped(open_space) -> None:
    """`http serve` needs no engine: with one that is stopped it kills in its place, and says that it is silent."""
    space: Space = open_space()
    space.add("slow", "sleep 1000")
    port = free_port()
    with space.engine() as engine:
        space.wait("slow", "building")
        served = space.begin_verb("http", "serve", "--port", str(port))
        caller = Caller(space.paths, port)
        until(lambda: _answers(caller), "the endpoint to answer")
        engine.send(signal.SIGSTOP)
        assert caller.ask("POST", "/kill").json["builds"] == 1
        assert "midwatch_engine_up 0.0" in caller.ask("GET", "/metrics").text
        assert "kill_switch_engaged 1.0" in caller.ask("GET", "/metrics").text
        engine.send(signal.SIGCONT)
        space.wait("slow", "killed")
        served.send(signal.SIGTERM)
        assert served.ended() == 0


def _answers(caller: Caller) -> bool:
    try:
        return caller.ask("GET", "/health").status in {200, 503}
    except OSError:
        return False
