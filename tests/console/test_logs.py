"""The process's own log: every line is one JSON object, whatever was said."""

import json
import logging
import stat
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import pytest

from console import logs
from state.files import Workspace, create_workspace
from state.model.reason import Reason


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """A workspace, and the logging of the tests put back afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield create_workspace(tmp_path)
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)


def lines(workspace: Workspace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (workspace.logs / "engine.log").read_text().splitlines()]


def test_a_decision_is_one_line_with_its_reason(workspace: Workspace) -> None:
    """Who, why, on what and as which entry stand beside the event."""
    logs.begin(workspace, aloud=False)
    reason = Reason(actor="engine", action="build_started", why="its turn", label="tidy", build="tidy-1")
    logging.getLogger("midwatch.engine").info("build_started", extra={"entry": reason, "seq": 7})
    (line,) = lines(workspace)
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "from": "midwatch.engine",
        "event": "build_started",
        "seq": 7,
        "actor": "engine",
        "why": "its turn",
        "label": "tidy",
        "build": "tidy-1",
    }


@pytest.mark.parametrize("said", ["two\nlines", "\x1b[31mred", "caf\udce9.txt", '"quoted"', "%s"])
def test_strange_words_stay_on_their_line(workspace: Workspace, said: str) -> None:
    """Line ends, escapes and names that are no text are kept harmless, and the line can be read back."""
    logs.begin(workspace, aloud=False)
    logging.getLogger("midwatch").warning("about %r: %s", said, said)
    (line,) = lines(workspace)
    assert line["event"].startswith("about ")
    raw = (workspace.logs / "engine.log").read_bytes()
    assert raw.count(b"\n") == 1 and b"\x1b" not in raw


def test_a_failure_is_told_with_where_it_happened(workspace: Workspace) -> None:
    """The traceback is part of the same line."""
    logs.begin(workspace, aloud=False)
    try:
        raise ZeroDivisionError("a defect")
    except ZeroDivisionError:
        logging.getLogger("midwatch").exception("it failed")
    (line,) = lines(workspace)
    assert "ZeroDivisionError: a defect" in line["error"] and "test_logs.py" in line["error"]


def test_aloud_says_the_same_on_standard_error(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    """Headless, an operator sees the log; under a screen nothing is written over it."""
    logs.begin(workspace, aloud=True)
    logging.getLogger("midwatch").info("aloud")
    assert json.loads(capsys.readouterr().err)["event"] == "aloud"
    logs.begin(workspace, aloud=False)
    logging.getLogger("midwatch").info("quiet")
    assert capsys.readouterr().err == ""
    assert [line["event"] for line in lines(workspace)] == ["aloud", "quiet"]


def test_a_log_does_not_grow_for_ever(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Old lines go into a few numbered files, and the oldest of these go away."""
    monkeypatch.setattr(logs, "_MOST_BYTES", 1000)
    logs.begin(workspace, aloud=False)
    for number in range(200):
        logging.getLogger("midwatch").info("line %d", number)
    kept = sorted(path.name for path in workspace.logs.iterdir())
    assert kept == ["engine.log", *(f"engine.log.{number}" for number in range(1, logs._KEPT + 1))]
    assert all((workspace.logs / name).stat().st_size <= 1000 for name in kept)
    assert lines(workspace)[-1]["event"] == "line 199"


def test_an_attached_console_leaves_the_engines_log_alone(workspace: Workspace) -> None:
    """Two processes that set the same file aside would lose lines, so each has its own."""
    logs.begin(workspace, aloud=False, name=logs.CONSOLE)
    logging.getLogger("midwatch").info("a line")
    assert [path.name for path in workspace.logs.iterdir()] == ["console.log"]


def test_what_rotation_keeps_is_whole(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is cut in two or lost between the files that are kept, and the newest stands last."""
    monkeypatch.setattr(logs, "_MOST_BYTES", 1000)
    logs.begin(workspace, aloud=False)
    for number in range(200):
        logging.getLogger("midwatch").info("line %d", number)
    names = [*(f"engine.log.{number}" for number in range(logs._KEPT, 0, -1)), "engine.log"]
    text = "".join((workspace.logs / name).read_text() for name in names)
    kept = [json.loads(line)["event"] for line in text.splitlines()]
    assert kept == [f"line {number}" for number in range(200 - len(kept), 200)]
    assert len(kept) > 20


def test_the_folder_of_the_logs_is_the_operators_alone(workspace: Workspace) -> None:
    """It is made when it is missing, for nobody else to read."""
    workspace.logs.rmdir()
    logs.begin(workspace, aloud=False)
    assert stat.S_IMODE(workspace.logs.stat().st_mode) == 0o700
    assert any(isinstance(handler, RotatingFileHandler) for handler in logging.getLogger().handlers)


def test_the_log_holds_no_personal_data(workspace: Workspace) -> None:
    """Addresses and keys are taken out of events, reasons and stacks alike."""
    key = "ghp_" + "a1B2c3D4e5" * 4
    logs.begin(workspace, aloud=False)
    log = logging.getLogger("midwatch.engine")
    log.warning('ada@example.org said "%s"', key)
    log.info("noted", extra={"entry": Reason(actor="engine", action="noted", why=f"x\n{key}")})
    try:
        raise ValueError(key)
    except ValueError:
        log.exception("it broke")
    assert lines(workspace)[0]["event"] == '[mail] said "[token]"'
    text = (workspace.logs / "engine.log").read_text()
    assert (key in text, "ada@example.org" in text, text.count("[token]")) == (False, False, 3)


def test_a_name_that_leads_to_no_file_is_never_set_aside(workspace: Workspace, tmp_path: Path) -> None:
    """An operator may have the log go into a device: it is neither moved away nor counted."""
    (workspace.logs / "engine.log").symlink_to("/dev/null")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(logs, "_MOST_BYTES", 100)
        logs.begin(workspace, aloud=False)
    for number in range(20):
        logging.getLogger("midwatch").info("line %d", number)
    assert [path.name for path in workspace.logs.iterdir()] == ["engine.log"]


def test_a_full_log_of_an_earlier_process_is_set_aside(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there already counts from the first line on."""
    monkeypatch.setattr(logs, "_MOST_BYTES", 1000)
    (workspace.logs / "engine.log").write_text("x" * 990 + "\n")
    logs.begin(workspace, aloud=False)
    logging.getLogger("midwatch").info("the first")
    assert (workspace.logs / "engine.log.1").read_text().startswith("xxx")
    assert [line["event"] for line in lines(workspace)] == ["the first"]
