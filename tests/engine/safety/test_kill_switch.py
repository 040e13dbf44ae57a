"""The kill switch."""

import shutil
import threading

import pytest

from engine.safety import kill, kill_switch, processes
from engine.safety.kill import KillReport
from engine.work import process
from engine.work.sandbox import SpawnRefused
from tests.engine.work.running import build_in, confine, machine, run, start, until_file


def test_engaging_kills_and_forbids(workspace):
    """Once engaged nothing runs and nothing starts, until it is released."""
    identity = start(build_in(workspace), "sleep 1000")
    (report,) = kill_switch.engage(workspace, "operator:x", "enough")
    assert (report.build, report.survivors) == ("b-1", ())
    assert not processes.alive(identity)
    assert kill_switch.engaged(workspace)
    paths = build_in(workspace, "b-2")
    with pytest.raises(SpawnRefused):
        process.spawn(confine(paths, "true"), paths, machine())
    kill_switch.release(workspace)
    assert not kill_switch.engaged(workspace)
    assert run(paths, "exit 3") == 3


def test_engaging_twice_is_no_error(workspace):
    """A second time finds nothing to kill and leaves the first one's name."""
    kill_switch.engage(workspace, "operator:a", "one")
    assert kill_switch.engage(workspace, "operator:b", "two") == ()
    told = kill_switch.notes(workspace)
    assert told is not None
    assert told.by == "operator:a"


def test_builds_die_even_if_the_file_cannot_be_made(workspace):
    """Where STOP cannot be made the builds are dead all the same, and the operator is told what to do."""
    paths = build_in(workspace)
    identity = start(paths, "touch up; sleep 1000")
    until_file(paths.work / "up")
    shutil.rmtree(workspace.hidden)
    with pytest.raises(kill_switch.SwitchFailed, match="by hand"):
        kill_switch.engage(workspace, "operator:x", "enough")
    assert not processes.alive(identity)


def test_a_folder_called_stop_is_left_to_the_operator(workspace):
    """What is not a file is not removed, and the message says so."""
    workspace.stop.mkdir()
    with pytest.raises(kill_switch.SwitchFailed, match="by hand"):
        kill_switch.release(workspace)
    assert kill_switch.engaged(workspace)


def test_releasing_what_is_released_is_no_error(workspace):
    """Releasing twice does nothing the second time."""
    kill_switch.release(workspace)
    assert not kill_switch.engaged(workspace)


@pytest.mark.parametrize(
    ("reports", "words"),
    [
        ((), "0 builds dead"),
        ((KillReport(build="b", found=True, how=(), ms=12.4, survivors=()),), "1 build dead in 12 ms"),
        ((KillReport(build="b", found=True, how=(), ms=1.0, survivors=(5, 6)),), "SURVIVED: [5, 6]"),
    ],
    ids=["nothing", "one", "survivors"],
)
def test_what_died_in_words(reports, words):
    """The operator reads how many died, how quickly, and loudly who did not."""
    assert words in kill_switch.died(reports)


def test_a_spawn_and_a_stop_at_the_same_time(workspace):
    """Whichever of a spawn and the kill switch comes first, nothing runs afterwards."""
    for number in range(12):
        paths = build_in(workspace, f"b-{number}")
        thread = threading.Thread(target=kill_switch.engage, args=(workspace, "operator:x", ""))
        thread.start()
        try:
            start(paths, "sleep 1000")
        except SpawnRefused:
            assert kill_switch.engaged(workspace)
        thread.join()
        entry = processes.build_entry(paths.root)
        assert not [p for p in processes.pids() if processes.carries(p, entry)], number
        assert not kill.kill_build(paths).found
        kill_switch.release(workspace)
