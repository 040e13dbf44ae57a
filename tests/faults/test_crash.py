"""A crash at any call to the disk: what was acknowledged is there, and nothing is half there."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from state.files import Workspace, create_workspace
from state.journal import verify
from state.model.control import Control
from state.store import Store, StoreFailed
from tests.faults.crashing import RecordingDisk, Stopped, StoppingDisk, crashes
from tests.making import ManualClock, a_build, a_task
from tests.state.making import ASKED, held

INTERRUPTED = {"store.py", "segments.py", "disk.py", "line.py"}


class Interrupting:
    """Ctrl-C before the n-th line that a store runs; `reached` says whether it came to that."""

    def __init__(self, line: int) -> None:
        self._left = line
        self.reached = False

    def __call__(self, frame: FrameType, event: str, _arg: object) -> "Interrupting | None":
        if Path(frame.f_code.co_filename).name not in INTERRUPTED:
            return None
        if event == "line" and not self.reached:
            self._left -= 1
            if self._left == 0:
                self.reached = True
                raise KeyboardInterrupt
        return self


WRITE = """
import sys
from pathlib import Path
from state.files import Workspace, create_workspace
from state.store import Store
from tests.making import ManualClock, a_task
from tests.state.making import ASKED
store = Store.open(Workspace(Path(sys.argv[1])), ManualClock())
print(store.number, flush=True)
while True:
    for more in range(store.number % 4):
        store.stage([a_task(f"task-{store.number + 1}")], ASKED)
    print(store.commit([a_task(f"task-{store.number + 1}")], ASKED).seq, flush=True)
"""
CYCLES = 12


@dataclass
class Story:
    """What was done to a store, and what was promised after how many calls to the disk."""

    workspace: Workspace
    disk: RecordingDisk = field(default_factory=RecordingDisk)
    clock: ManualClock = field(default_factory=ManualClock)
    states: list[Any] = field(default_factory=list)
    """What the store held after each entry."""
    begun: list[tuple[int, int]] = field(default_factory=list)
    """(calls before, entry): from then on the entry may be found."""
    promised: list[tuple[int, int]] = field(default_factory=list)
    """(calls before, entry): from then on the entry must be found."""

    def open(self) -> Store:
        store = Store.open(self.workspace, self.clock, disk=self.disk)
        if not self.states:
            self.states.append(held(store))
        return store

    def stage(self, store: Store, *changes: Any) -> None:
        store.stage(changes, ASKED)
        self.states.append(held(store))

    def flush(self, store: Store) -> None:
        self.begun.append((len(self.disk.ops), store.number))
        store.flush()
        self.promised.append((len(self.disk.ops), store.number))

    def commit(self, store: Store, *changes: Any) -> None:
        self.stage(store, *changes)
        self.flush(store)

    def between(self, count: int) -> range:
        """The entries that may be the last one found after a crash when `count` calls were made."""
        least = max((entry for calls, entry in self.promised if calls <= count), default=0)
        most = max((entry for calls, entry in self.begun if calls <= count), default=0)
        return range(least, most + 1)


def tell(story: Story) -> None:
    """A short life with all that a store does to the disk."""
    store = story.open()
    story.commit(store, a_task("a"), a_task("b"))
    story.stage(store, a_build("a-1"))
    story.stage(store, a_task("a", attempts=1, description="long " * 300))
    story.stage(store, a_build("a-1", percent=50))
    story.flush(store)
    story.clock.forward(86_400)
    story.commit(store, Control(paused=True))
    store.checkpoint()
    story.commit(store, a_task("b", attempts=1))
    story.commit(store, Control())
    store.close()
    store = story.open()
    story.clock.forward(86_400)
    for number in range(3):
        story.stage(store, a_task(f"new-{number}", description="longer " * 150))
    story.flush(store)
    store.close()


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    told = Story(Workspace(tmp_path_factory.mktemp("told")))
    tell(told)
    return told


def rebuilt(root: Path, story: Story, files: dict[Path, bytes]) -> Workspace:
    """A workspace with the files that a crash left."""
    workspace = Workspace(root)
    workspace.journal.mkdir(parents=True)
    for path, content in files.items():
        (root / path.relative_to(story.workspace.root)).write_bytes(content)
    return workspace


def every_crash(story: Story, tries: int) -> Iterator[tuple[int, dict[Path, bytes]]]:
    for count in range(len(story.disk.ops) + 1):
        for files in crashes(story.disk.ops, count, tries):
            yield count, files


def test_the_story_does_everything(story: Story) -> None:
    """Else the crashes below would prove little."""
    kinds = {op.kind for op in story.disk.ops}
    assert kinds == {"append", "put", "sync", "name", "unname", "sync names"}
    assert story.promised[-1][1] == len(story.states) - 1 == 10
    assert len({op.name for op in story.disk.ops if op.name.endswith(".jsonl")}) == 3


@pytest.mark.parametrize("tries", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_after_any_crash_a_promised_state_is_found(story: Story, tmp_path: Path, tries: int) -> None:
    """Every prefix of what was done to the disk, with what was not synced kept, dropped, torn or full of holes."""
    seen = set()
    for number, (count, files) in enumerate(every_crash(story, tries)):
        workspace = rebuilt(tmp_path / str(number), story, files)
        with Store.open(workspace, ManualClock()) as store:
            assert store.number in story.between(count)
            assert held(store) == story.states[store.number]
            seen.add((store.number, bool(store.recovered)))
            store.commit([a_task("next")], ASKED)
            after = held(store)
        with Store.open(workspace, ManualClock()) as store:
            assert held(store) == after
            assert store.recovered == ""
        audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
        assert audit.ok, audit
    assert {entry for entry, _ in seen} == set(range(len(story.states)))
    assert {torn for _, torn in seen} == {True, False}


def test_a_crash_during_recovery_is_as_harmless(story: Story, tmp_path: Path) -> None:
    """A start that cuts a torn end off may itself be cut short at every one of its calls, and the next one does it."""
    last = max(count for count, op in enumerate(story.disk.ops) if op.data.startswith(b'{"seq"'))
    torn = list(crashes(story.disk.ops, last, 0))[2]
    whole = StoppingDisk(1000)
    store = Store.open(rebuilt(tmp_path / "whole", story, torn), ManualClock(), disk=whole)
    assert "half written" in store.recovered
    expected, calls = (store.number, held(store)), whole.made
    assert calls > 5
    for count in range(calls):
        workspace = rebuilt(tmp_path / str(count), story, torn)
        with pytest.raises(Stopped):
            Store.open(workspace, ManualClock(), disk=StoppingDisk(count))
        with Store.open(workspace, ManualClock()) as store:
            assert (store.number, held(store)) == expected


def test_a_killed_writer_keeps_its_word(tmp_path: Path) -> None:
    """Each writer finds what the killed one before had acknowledged, and no audit beside it takes that for damage."""
    workspace = create_workspace(tmp_path)
    promised = 0
    for cycle in range(CYCLES):
        with subprocess.Popen(
            [sys.executable, "-c", WRITE, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        ) as writer:
            assert writer.stdout is not None
            found = int(writer.stdout.readline())
            assert found >= promised
            for _ in range(3 + 5 * cycle):
                assert writer.stdout.readline()
            assert verify(workspace.journal, checkpoint=workspace.checkpoint, in_flight=True).ok
            writer.send_signal(signal.SIGKILL)
            promised = max(map(int, writer.stdout.read().splitlines()), default=found)
    with Store.open(workspace, ManualClock()) as store:
        assert store.number >= promised > CYCLES
        assert list(store.tasks) == [f"task-{number}" for number in range(1, store.number + 1)]
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_an_interrupt_anywhere_in_a_change_harms_nothing(tmp_path: Path) -> None:
    """Ctrl-C at every single line of a commit: what is found afterwards is the old state or the new one, whole."""
    line, outcomes = 0, set()
    while True:
        line += 1
        workspace = create_workspace(tmp_path / str(line))
        store = Store.open(workspace, ManualClock())
        store.commit([a_task("a")], ASKED)
        old = held(store)
        interrupt, tracer = Interrupting(line), sys.gettrace()
        sys.settrace(interrupt)
        try:
            store.stage([a_task("a", attempts=1)], ASKED)
            store.commit([a_task("b")], ASKED)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(tracer)
        if not interrupt.reached:
            break
        with suppress(StoreFailed):
            store.commit([a_task("c")], ASKED)
        store.close()
        with Store.open(workspace, ManualClock()) as again:
            assert again.tasks["a"] in (*old["tasks"], a_task("a", attempts=1))
            assert "b" not in again.tasks or again.tasks["a"].attempts == 1
            outcomes.add((again.number, *again.tasks))
        assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    assert line > 40
    assert {(1, "a"), (3, "a", "b")} <= outcomes
    store.close()
