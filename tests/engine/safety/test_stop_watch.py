"""The thread that acts on the STOP file."""

import logging
import shutil
import threading
import time
from pathlib import Path

import pytest

from engine.safety import kill_switch, processes
from engine.safety.stop_watch import StopWatch
from tests.engine.work.running import build_in, start, until, until_file


def status() -> list[str]:
    """What the kernel says of the watch's thread."""
    (thread,) = (t for t in threading.enumerate() if t.name == "stop-watch")
    return Path(f"/proc/self/task/{thread.native_id}/status").read_text().splitlines()


def switches() -> list[str]:
    """How often the thread was given the processor and gave it back."""
    return [line for line in status() if "ctxt_switches" in line]


def asleep() -> bool:
    """Whether the thread is in the call that waits for files."""
    (thread,) = (t for t in threading.enumerate() if t.name == "stop-watch")
    return "poll" in Path(f"/proc/self/task/{thread.native_id}/wchan").read_text()


@pytest.fixture
def told():
    """What the watch has told, one entry a time."""
    return []


@pytest.fixture
def watch(workspace, told):
    """A watch that runs."""
    made = StopWatch(workspace, told.append)
    made.start()
    yield made
    made.close()


def test_a_file_that_is_made_kills(workspace, watch, told):
    """A STOP that appears ends what runs, and then tells it."""
    identity = start(build_in(workspace), "sleep 1000")
    workspace.stop.touch()
    until(lambda: len(told) == 1, "the watch tells")
    assert [r.build for r in told[0]] == ["b-1"]
    assert not processes.alive(identity)


def test_a_file_that_is_moved_there_kills(workspace, watch, told):
    """A STOP that is renamed into place counts like one that is made there."""
    start(build_in(workspace), "sleep 1000")
    (workspace.root / "other").touch()
    (workspace.root / "other").rename(workspace.stop)
    until(lambda: len(told) == 1, "the watch tells")
    assert len(told[0]) == 1


def test_a_file_that_was_there_before_kills(workspace, told):
    """A STOP from before the start is acted on at the start."""
    start(build_in(workspace), "sleep 1000")
    workspace.stop.touch()
    watch = StopWatch(workspace, told.append)
    watch.start()
    until(lambda: len(told) == 1, "the watch tells")
    watch.close()
    assert len(told[0]) == 1


def test_settling_waits_for_a_stop_that_is_gone_again(workspace, told):
    """What appeared before is acted on before it returns, also when the file is gone; what starts then lives."""
    watch = StopWatch(workspace, told.append)
    old = start(build_in(workspace), "sleep 1000")
    workspace.stop.touch()
    workspace.stop.unlink()
    watch.start()
    watch.settle()
    assert not processes.alive(old) and len(told) == 1
    fresh = start(build_in(workspace, "b-2"), "sleep 1000")
    watch.settle()
    assert processes.alive(fresh) and len(told) == 1
    watch.close()
    kill_switch.engage(workspace, "test", "the end")


def test_nobody_waits_for_a_watch_that_has_ended(workspace, told):
    """Closed, never started, or gone with its folder: there is nothing to wait for."""
    never = StopWatch(workspace, told.append)
    never.settle()
    never.close()
    never.settle()
    watch = StopWatch(workspace, told.append)
    watch.start()
    shutil.rmtree(workspace.hidden)
    watch.settle()
    until(lambda: not watch._thread.is_alive(), "it ends")
    watch.settle()
    watch.close()


def test_other_files_are_no_concern(workspace, watch, told):
    """Files of other names wake nobody up for good: the watch still works after them, and told nothing of them."""
    until(asleep, "it waits for files")
    for name in ("state.json", "STOPPED", "stop", "STOP.txt"):
        (workspace.hidden / name).touch()
    workspace.stop.touch()
    until(lambda: bool(told), "the watch tells")
    assert told == [()]


def test_idle_costs_nothing(workspace, watch):
    """While nothing happens the thread is not woken up even once."""
    until(asleep, "it waits for files")
    before = switches()
    time.sleep(0.5)
    assert switches() == before


def test_a_listener_that_fails_does_not_stop_the_watch(workspace, caplog):
    """An error in who is told is logged, and the next STOP kills again."""
    times: list[int] = []

    def listener(reports: object) -> None:
        times.append(1)
        raise RuntimeError("the loop is closed")

    watch = StopWatch(workspace, listener)
    watch.start()
    try:
        for number in (1, 2):
            identity = start(build_in(workspace, f"b-{number}"), "sleep 1000")
            workspace.stop.touch()
            until(lambda: len(times) == number, "the watch tells")  # noqa: B023 - called before the next round
            assert not processes.alive(identity)
            kill_switch.release(workspace)
    finally:
        watch.close()
    assert "could not be told" in caplog.text


def test_a_folder_that_goes_away_stops_everything(workspace, watch, told, caplog):
    """When the hidden folder is deleted, builds are ended: no STOP could be put there any more."""
    paths = build_in(workspace)
    identity = start(paths, "touch up; sleep 1000")
    until_file(paths.work / "up")
    with caplog.at_level(logging.ERROR):
        shutil.rmtree(workspace.hidden)
        until(lambda: "is gone" in caplog.text, "the watch says so")
    assert not processes.alive(identity)


def test_closing_ends_the_thread(workspace):
    """A closed watch has no thread, whether it was ever started or not."""
    watch = StopWatch(workspace, lambda reports: None)
    watch.start()
    watch.close()
    StopWatch(workspace, lambda reports: None).close()
    assert not [t for t in threading.enumerate() if t.name == "stop-watch"]


def test_what_is_written_into_the_file_later_is_told(workspace, told):
    """Who engages it again while it is there kills by himself; the watch passes on that the file says more."""
    written: list[int] = []
    watch = StopWatch(workspace, told.append, written=lambda: written.append(1))
    watch.start()
    workspace.stop.touch()
    until(lambda: len(told) >= 1, "the watch tells")
    watch.settle()
    before, acted = len(written), len(told)
    kill_switch.engage(workspace, "operator:ada", "again")
    until(lambda: len(written) > before, "the watch tells of what was written")
    assert len(told) == acted
    watch.close()
