"""An engine without a console: who hears of it, how it ends, for whom it waits."""

import json
import logging
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.daemon import headless
from engine import bootstrap
from engine.safety.crash import MARK
from state.errors import MidwatchError
from state.files import Lock, Workspace, create_workspace
from tests.console.daemon.test_notify import Listener
from tests.front.midwatch import MIDWATCH, PATIENCE_S, Engine, Space, until
from tests.front.spaces import open_space, space

__all__ = ["open_space", "space"]

HOLD = "touch here; while [ ! -e go ]; do sleep 0.05; done"


@pytest.fixture
def systemd(space: Space, tmp_path: Path) -> Iterator[Listener]:
    """Somebody who is told how the engine is."""
    listener = Listener(str(tmp_path / "notify"))
    listener.channel.settimeout(PATIENCE_S)
    space.env["NOTIFY_SOCKET"] = listener.address
    space.env["WATCHDOG_USEC"] = "200000"
    yield listener
    listener.channel.close()


def hears(listener: Listener, word: str) -> str:
    """Wait for a message that begins like this, and return it; pings come between."""

    def next_one() -> str:
        heard = "\n".join(listener.heard())
        return heard if heard.startswith(word) else ""

    return until(next_one, word)


def held(space: Space, label: str = "held") -> Path:
    """Have a build at work that does not end by itself, and return its folder."""
    space.add(label, HOLD)
    work = space.paths.build(f"{label}-1").work
    until((work / "here").exists, f"{label} to be at work")
    return work


def ends(engine: Engine) -> None:
    assert engine.ended() == 0, engine.log.read_text()


def test_systemd_hears_when_it_works_and_when_it_ends(space: Space, systemd: Listener) -> None:
    """Ready once others can reach it, then pings, then that it stops; its mark goes with it."""
    engine = space.begin()
    hears(systemd, "READY=1")
    assert space.view() is not None
    assert hears(systemd, "STATUS=") == f"STATUS=keeps watch over {space.root}"
    for _ in range(3):
        hears(systemd, "WATCHDOG=1")
    assert (space.paths.hidden / MARK).exists()
    engine.send(signal.SIGTERM)
    hears(systemd, "STOPPING=1")
    hears(systemd, "STATUS=drains")
    ends(engine)
    assert not (space.paths.hidden / MARK).exists()


def test_a_stopped_engine_pings_no_more(space: Space, systemd: Listener) -> None:
    """The pings come from the engine's own loop: whoever hangs is silent."""
    engine = space.begin()
    hears(systemd, "WATCHDOG=1")
    engine.send(signal.SIGSTOP)
    until(lambda: " T " in Path(f"/proc/{engine.pid}/stat").read_text(), "it to stop")
    while not systemd.silent():
        pass
    systemd.channel.settimeout(1.0)
    with pytest.raises(TimeoutError):
        systemd.heard()
    engine.send(signal.SIGCONT)
    systemd.channel.settimeout(PATIENCE_S)
    hears(systemd, "WATCHDOG=1")


def test_a_drain_ends_in_its_time(space: Space) -> None:
    """What has not ended by then is left running, and the next engine takes it back."""
    with space.engine("--drain-for", "300ms") as engine:
        work = held(space)
        engine.send(signal.SIGTERM)
        ends(engine)
    assert space.state("held") == "building"
    with space.engine():
        (work / "go").touch()
        space.wait("held", "done")
    assert space.actions("held").count("build_started") == 1
    assert list(space.paths.escalations.glob("daemon_crashed-*")) == []


def test_a_second_signal_ends_a_drain(space: Space) -> None:
    """Without a limit a drain lasts as long as its builds, or until it is told again."""
    with space.engine() as engine:
        work = held(space)
        engine.tell(signal.SIGTERM)
        space.add("later", "true")
        assert space.state("later") == "queued"
        assert engine.alive
        engine.tell(signal.SIGTERM)
        ends(engine)
    assert space.state("held") == "building"
    (work / "go").touch()
    space.work()
    assert space.state("held") == "done"


def test_it_waits_for_another_process(space: Space, systemd: Listener) -> None:
    """With --wait it sleeps until the workspace is free, and says for whom it waits; without, it is refused."""
    with Lock(space.paths):
        engine = space.begin("--wait")
        assert "holds the workspace" in hears(systemd, "STATUS=waits")
        assert engine.alive
        assert "holds the workspace" in space.fails(4, "engine")
    hears(systemd, "READY=1")
    assert space.view() is not None
    engine.send(signal.SIGTERM)
    ends(engine)


def test_one_that_waits_can_be_ended(space: Space, systemd: Listener) -> None:
    """A signal reaches it while it waits."""
    with Lock(space.paths):
        engine = space.begin("--wait")
        hears(systemd, "STATUS=waits")
        engine.send(signal.SIGTERM)
        assert engine.ended() == -signal.SIGTERM


@pytest.mark.parametrize("quiet", [True, False])
def test_quiet_leaves_standard_error_alone(space: Space, quiet: bool) -> None:
    """Where nobody keeps standard error small, the log goes to its own file only, which is kept small."""
    space.add("one", "true")
    words = [*MIDWATCH, "engine", "--until-idle", *(["--quiet"] if quiet else [])]
    done = subprocess.run(words, env=space.env, cwd=space.home, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0
    assert ("build_done" in done.stderr) is not quiet
    assert "build_done" in (space.paths.logs / "engine.log").read_text()
    if quiet:
        assert done.stderr == ""


@pytest.mark.parametrize("duration", ["soon", "-1s", ""])
def test_a_drain_needs_a_duration(space: Space, duration: str) -> None:
    """What is no duration is refused before anything starts."""
    assert "duration" in space.fails(2, "engine", "--drain-for", duration)


@pytest.mark.usefixtures("logging_as_before")
def test_a_defect_has_its_traceback_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw ends the engine, and its last words are there for the next one."""
    workspace = create_workspace(tmp_path)
    told = failing(monkeypatch, ZeroDivisionError("a defect"))
    with pytest.raises(ZeroDivisionError):
        told(workspace)
    line = json.loads((workspace.logs / "engine.log").read_text().splitlines()[-1])
    assert line["event"] == "the engine ends: a defect"
    assert "ZeroDivisionError" in line["error"]


@pytest.mark.usefixtures("logging_as_before")
def test_an_expected_failure_is_the_callers_to_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has its words already, and needs no stack."""
    workspace = create_workspace(tmp_path)
    with pytest.raises(MidwatchError):
        failing(monkeypatch, MidwatchError("mend it"))(workspace)
    assert not (workspace.logs / "engine.log").exists()


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Whoever runs an engine in its own process sets up the process's log."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield
    for handler in set(root.handlers) - set(before):
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> Callable[[Workspace], int]:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(bootstrap, "open_engine", refuse)
    return lambda workspace: headless.run_engine(workspace, aloud=False)
