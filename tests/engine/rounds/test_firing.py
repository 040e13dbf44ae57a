"""Running one command line to its end."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from engine.rounds.firing import Ending, fire
from state.model.when.schedule import Ran
from tests.engine.engines import until

SHELL = ("sh", "-c", 'shift 2; eval "$*"', "sh")


def run(words: str, root: Path, limit_s: float = 30.0) -> Ending:
    """Run a line of shell in place of a command of midwatch's."""
    return asyncio.run(fire(SHELL, words, root, limit_s))


def test_it_runs_in_the_workspace_and_keeps_the_last_words(tmp_path: Path) -> None:
    """The words are split as a shell does, and the last line that says something is kept."""
    ending = run("'echo first; pwd; echo'", tmp_path)
    assert ending == Ending(Ran.DONE, str(tmp_path), 0)


def test_the_workspace_is_named_to_the_command(tmp_path: Path) -> None:
    """Midwatch's own command line is told which workspace is meant, before the verb."""
    show = (sys.executable, "-c", "import sys; print(sys.argv[1:])")
    ending = asyncio.run(fire(show, "report 'to whom'", tmp_path, 30.0))
    assert ending.text == str(["--workspace", str(tmp_path), "report", "to whom"])


def test_a_failure_says_what_it_complained_about(tmp_path: Path) -> None:
    """Of a command that failed the last complaint counts, or else what it printed; terminals are safe from both."""
    assert run("'echo out; echo no such report >&2; exit 3'", tmp_path) == Ending(Ran.FAILED, "no such report", 3)
    assert run("'echo out; exit 4'", tmp_path) == Ending(Ran.FAILED, "out", 4)
    assert "\x1b" not in run("'printf \"\\033[2Jbad\"; exit 1'", tmp_path).text


def test_endless_output_is_read_and_not_kept(tmp_path: Path) -> None:
    """A command that prints a lot is not stopped, and only the end of it stays in memory."""
    ending = run("'head -c 5000000 /dev/zero | tr \"\\\\0\" x; echo; echo end'", tmp_path)
    assert ending == Ending(Ran.DONE, "end", 0)


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    """The time limit ends the command with all that it started in its group."""
    ending = run("'echo $$ > pid; sleep 1000'", tmp_path, 0.5)
    assert ending.outcome is Ran.FAILED
    assert "did not end within 0.5 s" in ending.text
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_what_cannot_start_says_so(tmp_path: Path) -> None:
    """A program that is missing is a failure in words."""
    ending = asyncio.run(fire(("/nowhere/python",), "report", tmp_path, 30.0))
    assert ending.outcome is Ran.FAILED
    assert "is not installed" in ending.text


def test_a_command_that_is_given_up_is_dead(tmp_path: Path) -> None:
    """Cancelling the run ends the process."""

    async def scene() -> int:
        running = asyncio.create_task(fire(SHELL, "'echo $$ > pid; exec sleep 1000'", tmp_path, 60.0))
        await until(lambda: (tmp_path / "pid").exists() and bool((tmp_path / "pid").read_text()), "it to begin")
        running.cancel()
        await asyncio.wait([running])
        return int((tmp_path / "pid").read_text())

    pid = asyncio.run(scene())
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("it still ran")
