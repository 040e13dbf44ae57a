"""An engine that ended without saying so."""

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from engine.safety import crash, processes
from state import journal
from state.files import Workspace, create_workspace
from state.store import Store
from tests.making import ManualClock

BEGAN = datetime(2026, 3, 4, 22, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


def logged(workspace: Workspace, *events: str, name: str = "engine.log") -> None:
    lines = [json.dumps({"at": "2026-03-05T01:12:00+00:00", "event": event}) for event in events]
    (workspace.logs / name).write_text("".join(f"{line}\n" for line in lines))


def crashed(workspace: Workspace) -> crash.Crash:
    found = crash.found(workspace)
    assert found is not None
    return found


def test_an_engine_that_says_farewell_leaves_nothing(workspace: Workspace) -> None:
    """A clean end is no crash, and neither is a workspace in which none ever ran; a farewell may come twice."""
    assert crash.found(workspace) is None
    crash.begin(workspace, "headless", BEGAN)
    with Store.open(workspace, ManualClock()) as store:
        crash.farewell(workspace, store)
        crash.farewell(workspace, store)
    assert crash.found(workspace) is None
    assert [decision.action for decision in journal.read(workspace.journal)] == [crash.ENDED] * 2
    assert list(workspace.hidden.glob("running*")) == []


def test_one_that_says_nothing_is_found_with_its_last_words(workspace: Workspace) -> None:
    """Who it was, since when, when it was last heard of and what it said last."""
    crash.begin(workspace, "headless", BEGAN)
    logged(workspace, *(f"event {number}" for number in range(30)))
    found = crashed(workspace)
    assert (found.pid, found.mode, found.began_at, found.rebooted) == (os.getpid(), "headless", BEGAN, False)
    assert found.heard_at == datetime(2026, 3, 5, 1, 12, tzinfo=UTC)
    assert [json.loads(line)["event"] for line in found.last_words] == [f"event {number}" for number in range(10, 30)]
    assert found.text == (
        f"the engine (process {os.getpid()}, headless, at work since 2026-03-04 22:00 UTC, "
        "last heard of at 2026-03-05 01:12 UTC) ended without saying so: it crashed or was killed"
    )


def test_last_words_go_back_over_a_rotation(workspace: Workspace) -> None:
    """A log that was set aside just before the crash still tells what came before."""
    crash.begin(workspace, "headless", BEGAN)
    logged(workspace, *(f"older {number}" for number in range(30)), name="engine.log.1")
    logged(workspace, "the last")
    words = [json.loads(line)["event"] for line in crashed(workspace).last_words]
    assert words == [*(f"older {number}" for number in range(11, 30)), "the last"]


def test_a_machine_that_went_down_is_told_apart(workspace: Workspace) -> None:
    """After a reboot or a power cut nobody looks for a defect of the engine's."""
    crash.begin(workspace, "headless", BEGAN)
    path = workspace.hidden / crash.MARK
    mark = msgspec.json.decode(path.read_bytes(), type=crash.Mark)
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(mark, boot="another")))
    found = crashed(workspace)
    assert found.rebooted
    assert found.text.endswith("the machine went down with it")


@pytest.mark.parametrize("mark", [b"", b"{", b'{"pid": "x"}', b"\xff\xfe", b"[" * 100_000])
def test_a_mark_that_cannot_be_read_counts_all_the_same(workspace: Workspace, mark: bytes) -> None:
    """Half a file, or somebody else's, still says that an engine was there."""
    (workspace.hidden / crash.MARK).write_bytes(mark)
    assert crashed(workspace).text == "the engine ended without saying so: it crashed or was killed"


@pytest.mark.parametrize("log", [b"", b"\xff\xfe\n\x00\x1b[2J\n", b"no json\n", b"x" * 200_000, b"[" * 20_000 + b"\n"])
def test_a_strange_log_does_no_harm(workspace: Workspace, log: bytes) -> None:
    """Whatever the log holds, its end can be told, on lines of bounded length, harmless to show."""
    crash.begin(workspace, "headless", BEGAN)
    (workspace.logs / "engine.log").write_bytes(log)
    found = crashed(workspace)
    assert found.heard_at is None
    assert all(len(line) <= 2000 and "\x1b" not in line for line in found.last_words)
    crash.leave_signal(workspace, found, NOW)


def test_the_signal_is_a_file_for_people_and_programs(workspace: Workspace) -> None:
    """Id, type, priority, moment, source and what is known, for the operator's eyes only."""
    crash.begin(workspace, "headless", BEGAN)
    logged(workspace, "build_started")
    path = crash.leave_signal(workspace, crashed(workspace), NOW)
    assert path == workspace.escalations / "daemon_crashed-20260305T013000Z.json"
    told = json.loads(path.read_text())
    payload = told.pop("payload")
    assert told == {
        "id": path.stem,
        "type": "daemon_crashed",
        "priority": "high",
        "created": "2026-03-05T01:30:00Z",
        "source": "engine",
    }
    assert payload.items() >= {"pid": os.getpid(), "mode": "headless", "rebooted": False, "count": 1}.items()
    assert "build_started" in payload["last_words"][-1]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_engine_that_cannot_stay_up_does_not_fill_the_folder(workspace: Workspace) -> None:
    """Crashes within the hour are one signal with a count and the latest words; a later one is another."""
    crash.begin(workspace, "headless", BEGAN)
    (workspace.escalations / "daemon_crashed-20260305T014500Z.json").write_text("somebody else's")
    for number in range(5):
        logged(workspace, f"try {number}")
        crash.leave_signal(workspace, crashed(workspace), NOW + timedelta(minutes=10 * number))
    first = workspace.escalations / "daemon_crashed-20260305T013000Z.json"
    payload = json.loads(first.read_text())["payload"]
    assert payload["count"] == 5
    assert "try 4" in payload["last_words"][0]
    later = crash.leave_signal(workspace, crashed(workspace), NOW + timedelta(hours=1))
    assert json.loads(later.read_text())["payload"]["count"] == 1
    assert len(list(workspace.escalations.iterdir())) == 3
    # A signal that was dealt with is gone, and the next crash makes another.
    first.unlink()
    later.unlink()
    assert crash.leave_signal(workspace, crashed(workspace), NOW).name == first.name


def test_a_disk_that_takes_nothing_stops_no_engine(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    """Where the mark or the stacks cannot be written it is said, and the engine goes on."""
    gone = Workspace(workspace.root / "gone")
    crash.begin(gone, "headless", BEGAN)
    crash.keep_stacks(gone)
    assert "would go unnoticed" in caplog.text
    assert "would stay unknown" in caplog.text
    (workspace.hidden / crash.MARK).mkdir()
    with Store.open(workspace, ManualClock()) as store:
        crash.farewell(workspace, store)
    assert "will be taken for a crash" in caplog.text


def test_a_fatal_signal_leaves_where_each_thread_stood(workspace: Workspace) -> None:
    """What a watchdog sends to an engine that hangs tells in which line it hung."""
    program = (
        "import sys, time\nfrom datetime import datetime, UTC\nfrom pathlib import Path\n"
        "from engine.safety import crash\nfrom state.files import Workspace\n"
        "here = Workspace(Path(sys.argv[1]))\n"
        "crash.begin(here, 'headless', datetime(2026, 3, 4, tzinfo=UTC))\ncrash.keep_stacks(here)\n"
        "def hangs():\n    print('up', flush=True)\n    time.sleep(600)\nhangs()\n"
    )
    root = Path(processes.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", program, str(workspace.root)], stdout=subprocess.PIPE, cwd=root, process_group=0
    ) as process:
        try:
            assert process.stdout.readline() == b"up\n"
            process.send_signal(signal.SIGABRT)
            assert process.wait(30) == -signal.SIGABRT
        finally:
            process.kill()
    found = crashed(workspace)
    assert found.pid == process.pid
    assert "Aborted" in found.stacks
    assert "in hangs" in found.stacks
