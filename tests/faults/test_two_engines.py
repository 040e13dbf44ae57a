"""More than one engine wants the workspace, or the one that had it leaves: in good order, in a hurry or not at all."""

import contextlib
import os
import signal

import pytest

from tests.front.midwatch import Engine, Space, until

WAIT = "echo up; while [ ! -e go ]; do sleep 0.02; done; echo over"


def refused(space: Space, engine: Engine) -> None:
    """A second engine ends at once and names the first."""
    complaint = space.fails(4, "engine")
    assert str(engine.pid) in complaint
    assert str(space.root) in complaint
    assert engine.alive


def test_the_second_engine_ends_and_the_first_is_unharmed(space: Space) -> None:
    """A second engine is told who has the workspace; the first one goes on with its builds and its socket."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        space.up("slow")
        for _ in range(3):
            refused(space, engine)
        assert space.json("status")["engine"]["pid"] == engine.pid
        space.go("slow-1")
        space.wait("slow", "done")
    assert space.actions("slow").count("build_started") == 1


def test_many_engines_at_the_same_moment(space: Space) -> None:
    """Of many that start at once exactly one gets the workspace, and a task is built once."""
    space.add("slow", WAIT)
    engines = [space.begin() for _ in range(6)]
    until(lambda: sum(engine.alive for engine in engines) == 1, "all but one to give up")
    [left] = [engine for engine in engines if engine.alive]
    assert {engine.ended() for engine in engines if engine is not left} == {4}
    space.up("slow")
    assert space.json("status")["engine"]["pid"] == left.pid
    space.go("slow-1")
    space.wait("slow", "done")
    assert space.actions("slow").count("build_decided") == 1
    left.tell(signal.SIGTERM)
    assert left.ended() == 0


def test_a_socket_that_a_dead_engine_left(space: Space) -> None:
    """After a sudden death its socket is still there: no command is fooled by it, and the next engine takes it over."""
    with space.engine() as engine:
        engine.kill()
    assert space.paths.socket.is_socket()
    assert space.json("status")["engine"]["running"] is False
    space.add("tidy", "true")
    with space.engine() as engine:
        space.wait("tidy", "done")
        assert space.json("status")["engine"]["pid"] == engine.pid
        assert space.paths.socket.stat().st_mode & 0o777 == 0o600
    assert not space.paths.socket.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_lets_builds_end(space: Space, number: signal.Signals) -> None:
    """At the first signal nothing more starts, what runs comes to its end, and then the engine ends with success."""
    with space.engine() as engine:
        space.add("first", WAIT)
        space.up("first")
        engine.tell(number)
        space.add("second", "true")
        assert engine.alive
        assert space.state("second") == "queued"
        space.go("first-1")
        assert engine.ended() == 0
    assert space.state("first") == "done"
    assert space.row("second")["attempts"] == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_twice_it_leaves_and_the_next_one_adopts(space: Space, number: signal.Signals) -> None:
    """At the second signal it leaves at once; the build goes on, and the next engine takes it over."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        space.up("slow")
        engine.tell(number)
        engine.tell(number)
        assert engine.ended(20) == 0
    assert space.state("slow") == "building"
    assert space.left()
    with space.engine():
        assert [row["build"] for row in space.json("status")["active"]] == ["slow-1"]
        space.go("slow-1")
        space.wait("slow", "done")
    assert space.ok("logs", "slow").split() == ["up", "over"]
    assert space.row("slow")["attempts"] == 1


def test_a_build_that_ended_while_no_engine_ran(space: Space) -> None:
    """What came to its end meanwhile is collected with its own exit status, not run again."""
    with space.engine() as engine:
        space.add("good", WAIT)
        space.add("bad", f"{WAIT}; exit 9")
        space.up("good")
        space.up("bad")
        engine.kill()
    space.go("good-1")
    space.go("bad-1")
    until(lambda: not space.left(), "both to end")
    with space.engine():
        space.wait("good", "done")
        space.wait("bad", "retrying")
    assert space.ok("logs", "good").split() == ["up", "over"]
    assert "exit code 9" in space.json("why", "bad")["text"][1]
    assert [space.row(label)["attempts"] for label in ("good", "bad")] == [1, 1]


def test_one_that_cannot_be_proven_is_asked_about(space: Space) -> None:
    """A build that was killed from outside while no engine ran is unknown: escalated, and not run again by itself."""
    with space.engine() as engine:
        space.add("lost", WAIT)
        space.up("lost")
        engine.kill()
    for pid in space.left():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not space.left(), "the build to be gone")
    for _ in range(2):
        space.work()
        assert (space.state("lost"), space.row("lost")["attempts"]) == ("unknown", 1)
    assert [found["kind"] for found in space.escalations("lost")] == ["build_unknown"]
    space.ok("retry", "lost")
    with space.engine():
        space.up("lost")
        space.go("lost-2")
        space.wait("lost", "done")
