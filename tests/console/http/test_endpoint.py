"""The endpoint's routes, called over a real socket."""

import json
import select
import socket
import threading

import pytest

from console.http import token
from console.http.endpoint import BODY_BYTES, CONNECTIONS
from engine.safety import kill_switch, processes
from state.files import Workspace
from state.model.brakes.kill_use import Means
from tests.console.http.caller import Caller, endpoint
from tests.engine.work.running import build_in, start, workspace

__all__ = ["workspace"]


@pytest.fixture
def caller(workspace: Workspace):
    """An endpoint, and no engine."""
    with endpoint(workspace) as made:
        yield made


def test_a_kill_without_an_engine(caller: Caller, workspace: Workspace) -> None:
    """With the token everything is dead when the answer comes, and who, why, how and how long is written down."""
    identity = start(build_in(workspace), "setsid sleep 1000 & sleep 1000")
    answer = caller.ask("POST", "/kill", json.dumps({"why": "smoke\x1b[2J"}))
    assert answer.status == 200
    assert answer.json["ok"] is True and answer.json["builds"] == 1 and answer.json["ms"] > 0
    assert "midwatch arm" in answer.json["text"]
    assert not processes.alive(identity) and kill_switch.engaged(workspace)
    (use,) = kill_switch.uses(workspace)
    assert (use.by, use.means, use.builds) == ("http", Means.HTTP, 1)
    assert "smoke" in use.why and "\x1b" not in use.why


def test_a_kill_without_the_token_kills_nothing(caller: Caller, workspace: Workspace) -> None:
    """No token, a wrong one, or a page in a browser with the right one: refused, and the build lives."""
    identity = start(build_in(workspace), "sleep 1000")
    assert caller.call("POST", "/kill").status == 401
    assert caller.call("POST", "/kill", Authorization="Bearer nothing").status == 401
    assert caller.ask("POST", "/kill", Origin="http://example.com").status == 403
    assert caller.ask("POST", "/kill", Host="evil.example").status == 403
    assert caller.call("OPTIONS", "/kill", Origin="http://example.com").status == 403
    assert processes.alive(identity) and not kill_switch.engaged(workspace)
    assert caller.ask("POST", "/kill").json["builds"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"why": 3}', 400),
        (b'{"because": "x"}', 400),
        (b"[" * 3000, 400),
        (b'{"why": "\xff"}', 400),
        (b" " * (BODY_BYTES + 1), 413),
    ],
    ids=["torn", "no object", "no text", "unknown field", "deep", "no UTF-8", "too large"],
)
def test_a_body_that_makes_no_sense_is_refused(caller: Caller, workspace: Workspace, body: bytes, status: int) -> None:
    """What cannot be understood is not taken for an order."""
    answer = caller.ask("POST", "/kill", body)
    assert (answer.status, answer.json["ok"]) == (status, False)
    assert not kill_switch.engaged(workspace)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/kill", 405),
        ("POST", "/arm", 404),
        ("PUT", "/health", 405),
        ("GET", "/../kill", 404),
    ],
)
def test_there_is_nothing_else(caller: Caller, method: str, path: str, status: int) -> None:
    """Other routes and methods are not there: arming least of all, which is the operator's at a keyboard."""
    assert caller.ask(method, path).status == status


def test_no_answer_invites_a_browser(caller: Caller) -> None:
    """No header lets a page of another origin read or send anything."""
    for answer in (caller.ask("GET", "/health"), caller.call("OPTIONS", "/kill")):
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_another_token_holds_at_once(caller: Caller, workspace: Workspace) -> None:
    """Once the file is removed the old token opens nothing, and the one made next does."""
    old = token.read_or_make(workspace)
    token.path_of(workspace).unlink()
    assert caller.call("POST", "/kill", Authorization=f"Bearer {old}").status == 401
    assert caller.ask("POST", "/kill").status == 200


def test_health_says_that_no_engine_runs(caller: Caller) -> None:
    """Health needs the token, and is no success without an engine."""
    assert caller.call("GET", "/health").status == 401
    answer = caller.ask("GET", "/health")
    assert (answer.status, answer.json["healthy"]) == (503, False)
    assert "midwatch engine" in answer.json["checks"][0]["text"]


def test_metrics_need_the_token_unless_they_are_open(workspace: Workspace) -> None:
    """Figures are told with the token, or to whoever asks once the settings say so; a kill never is."""
    with endpoint(workspace) as caller:
        assert caller.call("GET", "/metrics").status == 401
        told = caller.ask("GET", "/metrics")
        assert told.status == 200 and "midwatch_engine_up 0.0" in told.text
        assert told.headers["Content-Type"].startswith("text/plain; version=")
    with endpoint(workspace, open_metrics=True) as caller:
        assert caller.call("GET", "/metrics").status == 200
        assert caller.call("POST", "/kill").status == 401
        assert caller.call("GET", "/health").status == 401


def test_who_only_connects_keeps_nobody_out(caller: Caller, workspace: Workspace) -> None:
    """More silent connections than there is room for keep no kill from its answer: the oldest are dropped."""
    silent = [socket.create_connection(("127.0.0.1", caller.port), timeout=60) for _ in range(CONNECTIONS + 20)]
    try:
        assert caller.call("GET", "/nothing").status == 404
        # Dropped before that call was let in, and not some seconds later for being silent.
        assert silent[0] in select.select([silent[0]], [], [], 1.0)[0]
        assert caller.ask("POST", "/kill").status == 200
    finally:
        for connection in silent:
            connection.close()


def test_kills_at_the_same_time(caller: Caller, workspace: Workspace) -> None:
    """Several who call at once all get an answer, and each is a use of its own."""
    start(build_in(workspace), "sleep 1000")
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(caller.ask("POST", "/kill").status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 6
    assert len(kill_switch.uses(workspace)) == 6
