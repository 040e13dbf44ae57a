"""The console over a real ssh in a real terminal: what it shows, what its keys do, what happens when it goes away."""

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.engine.work.repositories import git
from tests.front.midwatch import Space, until
from tests.front.terminal import Desk, Terminal, cut

pytestmark = pytest.mark.slow

SIZES = [(80, 24), (200, 50)]
WAIT = "echo up; while [ ! -e go ]; do sleep 0.02; done; echo over"


def hosted(space: Space) -> int:
    """The process of the only console, once it hosts an engine."""
    view = until(space.view, "the engine to answer")
    assert view.engine.mode == "hosted"
    assert view.engine.pid in space.faces()
    return view.engine.pid


def ended(pid: int) -> bool:
    """Whether a process has ended."""
    return not Path(f"/proc/{pid}").exists()


def leave(terminal: Terminal) -> None:
    """Quit where nothing runs, once the screen says so."""
    terminal.rests()
    terminal.press("q")
    until(lambda: terminal.ended, "the console to end")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_merges_what_is_shown(space: Space, repo: Path, desk: Desk, width: int, height: int) -> None:
    """All panes show; `a` on the diff's question merges it, and on the start's question starts it."""
    space.add("wide", "echo new > wide.py", "--repo", str(repo), "--verify", "true", category="feature")
    space.ok("approve", "wide")
    space.work()
    space.add("later", "true", category="feature")
    terminal = desk.console(space, width, height)
    shown = terminal.shows("Queue", "Active builds", "Escalations", "Anomalies", "hosted", "2 questions")
    assert len(shown.splitlines()) <= height
    assert re.search(r"approve\s.*\blater\b", shown)
    assert re.search(r"review\s.*\bwide\b", shown)
    terminal.choose("Escalations", "wide")
    if width >= 200:
        terminal.shows("+new")
    terminal.press("a")
    space.wait("wide", "done")
    assert git(repo, "show", "main:wide.py") == "new"
    terminal.shows("1 question")
    terminal.choose("Escalations", "later")
    terminal.press("a")
    space.wait("later", "done", timeout_s=20)
    actors = {found["actor"] for found in space.decisions() if found["action"].endswith("_approved")}
    assert all(actor.startswith("operator:") for actor in actors)
    leave(terminal)


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_k_asks_and_then_kills(space: Space, desk: Desk, width: int, height: int) -> None:
    """`k` asks with the focus on Cancel, which does nothing; said yes to, the whole tree is dead."""
    space.add("hang", "setsid sleep 98765 & sleep 98765")
    terminal = desk.console(space, width, height)
    space.wait("hang", "building")
    terminal.shows("running")
    terminal.choose("Active builds", "hang")
    terminal.press("k")
    terminal.shows("Kill hang?", "Cancel")
    terminal.press("Enter")
    assert "Kill hang?" not in terminal.rests()
    assert space.state("hang") == "building"
    terminal.press("k")
    terminal.shows("Kill hang?")
    terminal.press("Right")
    terminal.rests()
    terminal.press("Enter")
    space.wait("hang", "killed")
    assert space.json("status")["active"] == []
    leave(terminal)


def test_the_kill_switch_by_its_key(space: Space, desk: Desk) -> None:
    """`K` asks, ends everything, and the same key arms again."""
    space.add_many({"one": "sleep 98765", "two": "sleep 98765"})
    terminal = desk.console(space)
    for label in ("one", "two"):
        space.wait(label, "building")
    terminal.shows("builds 2/2")
    terminal.press("K")
    terminal.shows("Engage the kill switch?", "2 running")
    terminal.press("Right")
    terminal.rests()
    terminal.press("Enter")
    for label in ("one", "two"):
        space.wait(label, "killed")
    assert space.paths.stop.exists()
    terminal.shows("builds 0/2")
    terminal.rests()
    terminal.press("K")
    terminal.shows("Arm again?")
    terminal.press("Right")
    terminal.rests()
    terminal.press("Enter")
    until(lambda: not space.paths.stop.exists(), "the switch to be released")
    terminal.shows("armed")
    leave(terminal)


def test_a_lost_connection_harms_nothing(space: Space, desk: Desk) -> None:
    """With the client killed, builds and engine go on without a screen, and another console attaches to them."""
    space.add("slow", WAIT)
    first = desk.console(space)
    pid = hosted(space)
    first.shows("running", "slow")
    cut(first)
    until(lambda: space.json("status")["engine"]["mode"] == "headless", "the engine to go headless")
    assert space.json("status")["engine"]["pid"] == pid
    assert space.state("slow") == "building"

    second = desk.console(space, 200, 50)
    second.shows("running", "slow")
    assert "hosted" not in second.screen()
    third = desk.console(space)
    third.shows("running", "slow")
    # Who only looks may leave without being asked.
    leave(third)
    assert not ended(pid)
    space.go("slow-1")
    space.wait("slow", "done")
    until(lambda: ended(pid), "the process to end with the last of its work")
    assert space.ok("logs", "slow").split() == ["up", "over"]
    assert space.row("slow")["attempts"] == 1
    second.close()


def test_quitting_keeps_builds_going(space: Space, desk: Desk) -> None:
    """`q` with running builds asks; its default leaves the screen, and the builds finish in a headless engine."""
    space.add("slow", WAIT)
    space.add("after", "true", "--depends", "slow")
    terminal = desk.console(space)
    pid = hosted(space)
    terminal.shows("running", "slow")
    terminal.press("q")
    terminal.shows("Builds are running", "Keep going headless")
    terminal.press("Enter")
    until(lambda: terminal.ended, "the console to end")
    assert b"goes on without a console" in terminal.raw.read_bytes()
    assert ended(pid)
    until(lambda: space.json("status")["engine"]["running"], "the headless engine")
    assert space.json("status")["engine"]["mode"] == "headless"
    space.go("slow-1")
    until(lambda: space.view() is None, "the headless engine to end with its work")
    assert [space.state(label) for label in ("slow", "after")] == ["done", "done"]
    assert space.ok("logs", "slow").split() == ["up", "over"]


def test_quitting_when_the_builds_are_done(space: Space, desk: Desk) -> None:
    """The other answer: nothing more starts, and the process ends with the last build that runs."""
    space.add("slow", WAIT)
    terminal = desk.console(space)
    pid = hosted(space)
    terminal.shows("running", "slow")
    terminal.press("q")
    terminal.shows("Stop when they are done")
    terminal.press("Right")
    terminal.rests()
    terminal.press("Enter")
    terminal.shows("ends with the last running build")
    space.add("never", "true")
    space.go("slow-1")
    until(lambda: ended(pid), "the process to end")
    assert [space.state(label) for label in ("slow", "never")] == ["done", "queued"]


def test_a_hosted_engine_is_the_only_one(space: Space, desk: Desk) -> None:
    """While a console hosts the engine another one is refused by its pid, and the command line speaks to it."""
    terminal = desk.console(space)
    pid = hosted(space)
    assert str(pid) in space.fails(4, "engine")
    assert (
        space.json("status")["engine"] | {"running": True, "pid": pid, "mode": "hosted"}
        == (space.json("status")["engine"])
    )
    space.add("tidy", "true")
    space.wait("tidy", "done")
    leave(terminal)


def test_a_console_whose_engine_dies(space: Space, desk: Desk) -> None:
    """A console that only looks says that its engine is gone, and lets the operator leave."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        terminal = desk.console(space)
        terminal.shows("running", "slow")
        engine.kill()
        terminal.rests()
        terminal.press("q")
        until(lambda: terminal.ended, "the console to end")
    assert space.state("slow") == "building"


def test_told_to_end_the_console_lets_its_builds_end(space: Space, desk: Desk) -> None:
    """SIGTERM to the console gives the terminal back at once; nothing more starts, and what runs comes to its end."""
    space.add("slow", WAIT)
    terminal = desk.console(space)
    pid = hosted(space)
    terminal.shows("running", "slow")
    os.kill(pid, signal.SIGTERM)
    until(lambda: b"ends with the last running build" in terminal.raw.read_bytes(), "the screen to end")
    space.add("never", "true")
    assert space.state("slow") == "building"
    space.go("slow-1")
    until(lambda: ended(pid), "the process to end")
    assert [space.state(label) for label in ("slow", "never")] == ["done", "queued"]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_hostile_words_are_harmless(space: Space, repo: Path, desk: Desk, width: int, height: int) -> None:
    """Titles, output, file names and diffs full of sequences neither clear the screen, nor name it, nor copy."""
    evil = "\x1b]0;owned\x07\x1b[2J\x1b[10;10Howned\x1b]52;c;b3duZWQ=\x07"
    octal = "".join(f"\\{byte:03o}" for byte in evil.encode())
    fields: dict[str, Any] = {"repo": str(repo), "verify": "true", "category": "feature"}
    command = (
        f"printf '{octal}\\nplain end\\n'; printf '{octal}\\nplain line\\n' > new.txt; touch \"$(printf '{octal}')\""
    )
    space.add_many({"evil": command}, **fields, title=f"Evil {evil} title", description=f"Mend {evil} all of it")
    space.ok("approve", "evil")
    terminal = desk.console(space, width, height)
    space.wait("evil", "awaiting_review")
    terminal.choose("Escalations", "evil")
    for body, words in (("l", "plain end"), ("v", "plain line")):
        for key in (body, "Enter", "End"):
            terminal.press(key)
            terminal.rests()
        terminal.shows(words)
    terminal.press("Escape")
    terminal.shows("hosted", "Escalations")
    assert terminal.title != "owned"
    assert terminal.clipboard == ""
    raw = terminal.raw.read_bytes()
    for sequence in (b"\x1b]0;owned", b"\x1b[10;10Howned", b"\x1b]52;"):
        assert sequence not in raw, sequence
    leave(terminal)
