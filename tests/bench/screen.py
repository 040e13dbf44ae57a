"""The console: how long until it paints, and how long a key takes to show with much going on."""

import random
import re
import sys
import time
from pathlib import Path

from console.client import SocketControl
from state.files import Workspace, create_workspace
from state.model import command as c
from tests.bench.ground import ROOT, arena
from tests.bench.peers.ours import spec
from tests.bench.ready import stored
from tests.bench.report import Aim, Race
from tests.bench.rounds import Contestant, note, run
from tests.bench.terminal import COLUMNS, Terminal

_ROUNDS = 8
_KEYS = 60
_BUILDS = 8
_COUNT = 10_000
_SETTLE_S = 4.0
_EMPTY = "from textual.app import App\nApp().run()\n"
_PRINTS = """/usr/bin/python3 -uc '
import time
number, at = 0, time.monotonic()
while True:
    print("\\n".join(f"line {number + i}: compiled module {number + i} of many" for i in range(10)))
    number, at = number + 10, at + 0.01
    time.sleep(max(0.0, at - time.monotonic()))
'"""
_DOWN, _UP, _TAB = "\x1b[B", "\x1b[A", "\t"
_TITLE = re.compile(r"Measure [\w-]+")


def screen(scale: float = 1.0) -> list[Race]:
    """First paint, then keys."""
    return [_first_paint(max(2, round(_ROUNDS * scale))), _keys(max(20, round(_KEYS * scale)))]


def _console(workspace: Workspace) -> list[str]:
    return [sys.executable, "-P", "-m", "console.cli.main", "--workspace", str(workspace.root)]


def _first_paint(rounds: int) -> Race:
    with arena() as folder:
        (folder / "empty.py").write_text(_EMPTY)
        empty = [sys.executable, str(folder / "empty.py")]
        small = _console(create_workspace(folder / "small"))
        full = stored(folder / "full", _COUNT)
        entries = [
            Contestant("floor", lambda: [_frame(empty)]),
            Contestant("midwatch", lambda: [_frame(small)]),
            Contestant(f"midwatch, {_COUNT:,} tasks", lambda: [_frame(_console(full))]),
            Contestant(
                f"midwatch, {_COUNT:,} tasks, the first of them shown", lambda: [_frame(_console(full), b"Measure")]
            ),
        ]
        run(entries, rounds, "first paint")
    return Race(
        "Console: exec to first paint",
        "ms",
        entries,
        aim=Aim("at most 1.5 x floor", lambda ours, floor: ours <= 1.5 * floor),
        method="Floor: an empty Textual app. Ours hosts its engine and has proved its sandbox before it paints.",
    )


def _frame(argv: list[str], wanted: bytes = b"") -> float:
    terminal = Terminal(argv, ROOT)
    try:
        first = terminal.first_frame()
        return (terminal.read_until(wanted) - terminal.began if wanted else first) * 1000
    finally:
        terminal.close()


def _keys(presses: int) -> Race:
    with arena() as folder:
        workspace = stored(folder / "operator", _COUNT)
        workspace.settings.write_text(f"[queue]\nslots = {_BUILDS}\n")
        queue = Contestant("midwatch, down in the queue", list)
        builds = Contestant("midwatch, down in the builds, a log streaming", list)
        terminal = Terminal(_console(workspace), ROOT)
        try:
            terminal.read_until(b"Measure")
            control = SocketControl(workspace, 10.0)
            for number in range(_BUILDS):
                control.submit(c.SpawnTask(spec=spec(f"noise-{number}", _PRINTS)))
            terminal.read(_SETTLE_S)
            printed = _printed(workspace)
            began = time.monotonic()
            for entry, keys in ((queue, (_DOWN,)), (builds, (_DOWN,) * (_BUILDS - 1) + (_UP,) * (_BUILDS - 1))):
                note(f"keys: {entry.name}")
                pressed = _press(terminal, keys, presses)
                entry.rounds, entry.spins = [_paints(terminal, pressed)], [0.0]
                terminal.press(_TAB)
                terminal.read(1.0)
                terminal.chunks.clear()
                terminal.press("\x0c")
            rate = (_printed(workspace) - printed) / (time.monotonic() - began) / _BUILDS
            control.submit(c.KillAll(why="measured"))
            control.close()
        except (RuntimeError, OSError) as error:
            queue.trouble = str(error)
            rate = 0.0
        finally:
            terminal.close()
    return Race(
        f"Console: key to paint, {_COUNT:,} tasks, {_BUILDS} builds printing",
        "ms",
        [queue, builds],
        ours=queue.name,
        aim=Aim("p95 under 50 ms", lambda _, __: max(_p95(queue), _p95(builds)) < 50),
        method=f"From the key to the bytes that show the next row's details; each build printed {rate:.0f} lines/s.",
    )


def _p95(entry: Contestant) -> float:
    samples = sorted(value for samples in entry.rounds for value in samples)
    return samples[min(len(samples) - 1, int(len(samples) * 0.95))] if samples else float("inf")


def _printed(workspace: Workspace) -> float:
    """Return how many lines all builds have printed so far, from the last line of each."""
    total = 0
    for log in Path(workspace.builds).glob("*/output.log"):
        found = re.findall(rb"line (\d+):", log.read_bytes()[-400:])
        total += int(found[-1]) if found else 0
    return total


def _press(terminal: Terminal, keys: tuple[str, ...], presses: int) -> list[float]:
    dice = random.Random(1)
    at = []
    for number in range(presses):
        at.append(terminal.press(keys[number % len(keys)]))
        terminal.read(dice.uniform(0.15, 0.3))
    return at


def _paints(terminal: Terminal, pressed: list[float]) -> list[float]:
    """Return for each key the ms until the details named another row; a key that none followed counts as 1 s."""
    changes: list[float] = []
    last = ""
    for at, lines in terminal.screens():
        found = _TITLE.search("\n".join(line[COLUMNS // 2 :] for line in lines[:6]))
        title = found.group() if found else last
        if title != last:
            changes.append(at)
            last = title
    samples = []
    for number, at in enumerate(pressed):
        following = pressed[number + 1] if number + 1 < len(pressed) else at + 1.0
        after = [change for change in changes if at < change <= following]
        samples.append((after[0] - at) * 1000 if after else 1000.0)
    return samples
