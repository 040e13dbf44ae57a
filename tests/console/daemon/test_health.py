"""Whether an engine is well, seen from outside."""

import os
import signal
import threading
from pathlib import Path

import msgspec
import pytest

from console.daemon.health import Health, _of, examine
from engine.safety import crash
from state.files import Lock
from state.model.control import Control
from state.model.view import EngineInfo, View
from tests.front.midwatch import Space, listening, until
from tests.front.spaces import open_space, space
from tests.making import NOON, a_build

__all__ = ["open_space", "space"]
WELL = View(at=NOON, engine=EngineInfo(pid=42, mode="headless", sandbox=""))


def text(found: Health) -> str:
    return " ".join(check.text for check in found.checks)


def test_a_working_engine_is_well(space: Space) -> None:
    """It answers, records and can make sandboxes; being asked changes nothing."""
    with space.engine() as engine:
        found = examine(space.paths, 30)
        assert found.healthy, found
        assert f"process {engine.pid}, headless, answered in" in text(found)
        assert 0 < found.ms < 30_000
    before = space.decisions()
    found = examine(space.paths, 5)
    assert not found.healthy
    assert "no engine runs" in text(found)
    assert space.decisions() == before


def test_one_that_hangs_is_not(space: Space) -> None:
    """A loop that does not turn is told within the time that was given; so is one whose calls pile up."""
    with space.engine() as engine:
        engine.send(signal.SIGSTOP)
        until(lambda: " T " in Path(f"/proc/{engine.pid}/stat").read_text(), "it to stop")
        found = examine(space.paths, 0.3)
        assert not found.healthy
        assert "does not answer" in text(found)
        assert 300 <= found.ms < 5_000
        engine.send(signal.SIGCONT)
        assert examine(space.paths, 30).healthy


def test_one_that_crashed_is_told_from_one_that_ended(space: Space) -> None:
    """After kill -9 the operator hears of a crash, and where its last words are."""
    with space.engine() as engine:
        engine.kill()
    assert "ended without saying so" in text(examine(space.paths, 5))
    assert crash.found(space.paths) is not None


def test_a_workspace_held_by_somebody_else(space: Space) -> None:
    """The process is named; a check never waits for it or takes the lock itself."""
    with Lock(space.paths):
        found = examine(space.paths, 5)
    assert not found.healthy
    assert f"process {os.getpid()} holds the workspace" in text(found)


def test_a_socket_that_may_not_be_used(space: Space) -> None:
    """What the system refuses is told in its words."""
    space.paths.hidden.rename(space.root / "aside")
    space.paths.hidden.write_text("no folder")
    found = examine(space.paths, 5)
    assert not found.healthy
    assert "cannot be asked" in text(found)
    space.paths.hidden.unlink()
    (space.root / "aside").rename(space.paths.hidden)


@pytest.mark.parametrize(
    ("view", "well", "said"),
    [
        (WELL, True, "0 under way"),
        (msgspec.structs.replace(WELL, builds={"tidy-1": a_build()}), True, "1 under way"),
        (msgspec.structs.replace(WELL, control=Control(stopped=True)), True, "kill switch"),
        (msgspec.structs.replace(WELL, control=Control(paused=True)), True, "midwatch resume"),
        (View(at=NOON, engine=EngineInfo(pid=1, stop_file=True, sandbox="")), True, "midwatch arm"),
        (View(at=NOON, engine=EngineInfo(pid=1, sandbox="install bubblewrap")), False, "install bubblewrap"),
        (View(at=NOON, engine=EngineInfo(pid=1, trouble="not recorded: no space")), False, "no space"),
        (View(at=NOON, engine=EngineInfo(pid=1)), True, "can be made"),
    ],
)
def test_what_counts_as_ill(view: View, well: bool, said: str) -> None:
    """A record that fails or a sandbox that cannot be made is; what the operator has stopped is not."""
    checks = _of(view, 1.0)
    assert all(check.ok for check in checks) is well
    assert said in " ".join(check.text for check in checks)


def test_one_that_dies_while_it_is_asked_is_looked_for_again(space: Space) -> None:
    """A call that was cut off says nothing yet: the next one does."""
    space.paths.hidden.mkdir(exist_ok=True)
    with listening(space.paths) as place:

        def answer_once() -> None:
            channel, _ = place.accept()
            channel.recv(100)
            place.close()
            channel.close()

        other = threading.Thread(target=answer_once)
        other.start()
        found = examine(space.paths, 5)
        other.join()
    assert not found.healthy
    assert "no engine runs" in text(found)
