"""A thread that watches one running build: progress, signs of life, limits that pass by."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.safety.kill import kill_all
from engine.safety.processes import Identity, boot_id
from engine.work.counts import census
from engine.work.monitor import Monitor
from state.files import BuildPaths, Workspace
from state.model.progress import Progress
from state.settings import DEFAULT_LIMITS
from tests.engine.work.running import build_in, start, until, workspace_in
from tests.making import NOON, ManualClock

NOBODY = Identity(pid=2**22 + 1, start_ticks=1, boot=boot_id())
"""A process that is not there, so that no CPU time comes from it."""


class Watched:
    """A build's folder under watch, with what was told of it."""

    def __init__(self, paths: BuildPaths) -> None:
        self.paths = paths
        self.clock = ManualClock()
        self.told: list[Progress] = []
        self.monitors: list[Monitor] = []

    def monitor(self, identity: Identity = NOBODY, criteria: tuple[str, ...] = (), **limits: int) -> Monitor:
        monitor = Monitor(
            "b-1",
            self.paths,
            msgspec.structs.replace(DEFAULT_LIMITS, **limits),
            criteria,
            identity,
            self.clock,
            tell=self.told.append,
        )
        self.monitors.append(monitor)
        return monitor

    def start(self, **how: Any) -> Monitor:
        """A monitor that watches already: what is done after this is seen."""
        monitor = self.monitor(**how)
        monitor.start()
        # Its watch is in place once a word of ours is heard, which the first look may have been too early for.
        begun = len(self.told)

        def heard() -> bool:
            self.say("a word\n")
            return len(self.told) > begun + 1

        until(heard, "it watches")
        return monitor

    def say(self, text: str) -> None:
        with self.paths.output.open("a") as output:
            output.write(text)

    def eventually(self, check: Callable[[Progress], bool], what: str) -> None:
        until(lambda: bool(self.told) and check(self.told[-1]), what)


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("monitor")]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(build_in(workspace_in(tmp_path)))
    yield watched
    for monitor in watched.monitors:
        monitor.stop()
    until(lambda: not threads(), "the threads end")


def test_progress_is_read_from_output_notes_commits_and_files(watched: Watched) -> None:
    """Each of the four ways in which a build tells how far it is reaches the viewer."""
    watched.start(criteria=("totals are exact", "tests pass"))
    watched.say("working\n::progress 40 half of it\n")
    watched.eventually(lambda p: (p.percent, p.step) == (40, "half of it"), "its own figure")
    work = watched.paths.work
    (work / "PROGRESS.md").write_text("- [x] totals are exact\n- [ ] tests pass\n")
    watched.eventually(lambda p: p.criteria == (True, False), "the ticked criteria")
    (work / ".git" / "logs").mkdir(parents=True)
    line = f"{'0' * 40} {'1' * 40} Build <b@localhost> 1 +0000\tcommit: mend the totals\n"
    (work / ".git" / "logs" / "HEAD").write_text(line)
    watched.eventually(lambda p: p.commits == ("mend the totals",), "its commits")
    (work / "src").mkdir()
    (work / "src" / "ledger.py").write_text("fixed")
    watched.eventually(lambda p: p.files_changed == 2, "the note and one more file; nothing of its repository")


def test_each_sign_of_life_is_noticed(watched: Watched) -> None:
    """Output and changed files reset the silence; without them it grows."""
    monitor = watched.start()
    for sign in (lambda: watched.say("a word\n"), lambda: (watched.paths.work / "a").write_text(str(time.monotonic()))):
        watched.clock.forward(100)
        assert monitor.quiet_s() >= 100
        sign()
        until(lambda: monitor.quiet_s() == 0, "the sign is noticed")
        assert monitor.progress.life_at == watched.clock.now()
    watched.clock.forward(7)
    assert monitor.quiet_s() == 7
    assert monitor.progress.life_at is not None and monitor.progress.life_at > NOON


def test_a_build_that_only_computes_is_alive(tmp_path: Path, watched: Watched) -> None:
    """Without a word and without a file, CPU time counts; one that sleeps is silent."""
    busy = watched.monitor(identity=start(build_in(workspace_in(tmp_path / "busy")), "while :; do :; done"))
    asleep = watched.monitor(identity=start(build_in(workspace_in(tmp_path / "asleep")), "sleep 60"))
    until(lambda: busy.quiet_s() == 0 and busy.progress.cpu_s > 0.05, "it computes")

    def silent() -> bool:
        watched.clock.forward(50)
        return asleep.quiet_s() >= 50

    until(silent, "what it took to begin is over")
    until(lambda: busy.quiet_s() == 0, "its CPU time counts")
    for name in ("busy", "asleep"):
        kill_all(Workspace(tmp_path / name / "operator"))


def test_the_last_change_counts_against_the_disk_too(watched: Watched) -> None:
    """Two bursts in quick succession and then silence: the second is measured although nothing follows it."""
    monitor = watched.start()
    (watched.paths.work / "small").write_bytes(b"x" * 1000)
    until(lambda: watched.monitors[0].progress.files_changed >= 1, "the first burst is seen")
    assert monitor.progress.disk_bytes < 2 << 20
    (watched.paths.work / "big").write_bytes(b"x" * (2 << 20))
    until(lambda: monitor.progress.disk_bytes > 2 << 20, "it is measured")


def test_the_end_is_read_even_when_nobody_watched(watched: Watched) -> None:
    """A build that was over before a thread was worth it still has its last figures."""
    monitor = watched.monitor(criteria=("one",))
    watched.say("::progress 90 nearly\n")
    (watched.paths.work / "PROGRESS.md").write_text("- [x] one\n")
    last = monitor.finish()
    assert (last.step, last.criteria) == ("nearly", (True,))
    assert last.percent >= 90
    assert watched.told == []


def test_nothing_is_told_after_stop(watched: Watched) -> None:
    """Once it returns, the loop that listened may be gone."""
    monitor = watched.start()
    monitor.stop()
    told = len(watched.told)
    watched.say("a word\n")
    (watched.paths.work / "a").touch()
    until(lambda: not threads(), "the thread ends")
    assert len(watched.told) == told


def test_a_note_that_is_no_plain_file_is_not_read(watched: Watched, tmp_path: Path) -> None:
    """A link to the operator's files, a pipe without a writer, a folder: neither read nor waited for."""
    secret = tmp_path / "secret"
    secret.write_text("- [x] one\n")
    note = watched.paths.work / "PROGRESS.md"
    for make in (lambda: note.symlink_to(secret), lambda: os.mkfifo(note), note.mkdir):
        make()
        assert watched.monitor(criteria=("one",)).finish().criteria == ()
        note.rmdir() if note.is_dir() and not note.is_symlink() else note.unlink()


def test_disk_use_is_that_of_the_tree_and_nothing_else(tmp_path: Path) -> None:
    """Holes cost nothing, links are not followed, what vanishes or is not there counts as nothing."""
    tree = tmp_path / "tree"
    (tree / "deep").mkdir(parents=True)
    (tree / "deep" / "file").write_bytes(b"x" * 100_000)
    with (tree / "holes").open("wb") as holes:
        holes.truncate(1 << 30)
    (tree / "link").symlink_to(tmp_path)
    (tmp_path / "outside").write_bytes(b"x" * 1_000_000)
    assert 100_000 <= census.take(tree).disk_bytes < 200_000
    assert census.take(tmp_path / "nowhere").disk_bytes == 0
