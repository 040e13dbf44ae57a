"""The engine on a disk that is really full: it promises nothing, kills all the same, and asks when there is room."""

import errno
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.work.repositories import git
from tests.front.midwatch import Space, until

ROOM = "12m"
WAIT = "echo up; while [ ! -e go ]; do sleep 0.02; done; echo over"


@pytest.fixture
def space(tmp_path: Path) -> Iterator[Space]:
    """A workspace on a small file system of its own."""
    place = tmp_path / f"space-{secrets.token_hex(6)}"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "midwatch-test", str(place)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    made = None
    try:
        made = Space(place)
        yield made
    finally:
        if made is not None:
            empty(made)
            made.close()
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(space: Space) -> None:
    """Take all room that there is."""
    with (space.root / "ballast").open("ab", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def empty(space: Space) -> None:
    """Give the room back."""
    (space.root / "ballast").unlink(missing_ok=True)


def crowd(space: Space) -> tuple[set[str], str]:
    """Add tasks until one is refused, for the last page of a file has some room left; return what was promised."""
    promised: set[str] = set()
    for number in range(50):
        label = f"late-{number}"
        answer = space.run("add", "--name", "Late", "--label", label, "--command", "true")
        if answer.returncode:
            assert answer.returncode == 1
            return promised, answer.stderr
        promised.add(label)
    raise AssertionError("the disk is not full")


def late(space: Space) -> set[str]:
    """The tasks of the crowd that are there."""
    return {row["label"] for row in space.json("queue", "--all") if row["label"].startswith("late-")}


def test_what_cannot_be_kept_is_not_promised(space: Space, repo: Path) -> None:
    """A task that cannot be made durable is refused in words; builds go on, and what ended meanwhile is not lost."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        space.add("mend", f"{WAIT}; echo new > new.py", "--repo", str(repo), "--verify", "true")
        for label in ("slow", "mend"):
            space.up(label)
        fill(space)
        promised, complaint = crowd(space)
        assert complaint.startswith("midwatch: ")
        assert os.strerror(errno.ENOSPC) in complaint
        assert space.json("status")["engine"]["trouble"]
        assert late(space) == promised
        space.go("slow-1")
        until(lambda: not _alive(space, "slow-1"), "the build to end")
        assert space.state("slow") != "done"
        assert engine.alive
        empty(space)
        space.wait("slow", "done")
        space.go("mend-1")
        space.wait("mend", "done")
        until(lambda: not space.json("status")["engine"]["trouble"], "the trouble to be over")
        space.add("after", "true")
        assert "MANUAL MODE" in space.ok("status")
        assert space.row("after")["attempts"] == 0
        space.ok("resume")
        space.wait("after", "done")
    assert space.json("audit", "verify")["ok"] is True
    assert [space.row(label)["attempts"] for label in ("slow", "mend", "after")] == [1, 1, 1]
    assert late(space) == promised
    assert git(repo, "status", "--porcelain") == ""
    assert git(repo, "rev-list", "--count", "main") == "2"


def _alive(space: Space, build: str) -> bool:
    mark = str(space.paths.build(build).root).encode()
    return any(mark in _environ(pid) for pid in space.left())


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def test_a_full_disk_keeps_nothing_alive(space: Space) -> None:
    """`kill` and the kill switch end builds although neither the wish nor the end can be written down."""
    with space.engine():
        for label in ("one", "two"):
            space.add(label, "echo up; setsid sleep 98765 & sleep 98765")
            space.up(label)
        fill(space)
        space.run("kill", "one")
        until(lambda: not _alive(space, "one-1"), "the first to die")
        assert _alive(space, "two-1")
        space.run("kill", "--all")
        until(lambda: not _alive(space, "two-1"), "the second to die")
        empty(space)
        space.ok("kill", "--all")
        for label in ("one", "two"):
            assert space.wait(label, "killed", "unknown") in ("killed", "unknown")
    assert space.json("audit", "verify")["ok"] is True
    assert [space.row(label)["attempts"] for label in ("one", "two")] == [1, 1]


def test_a_death_on_a_full_disk_loses_nothing(space: Space) -> None:
    """The engine is killed while nothing can be written; with room again the next one collects what ended."""
    with space.engine() as engine:
        space.add("slow", WAIT)
        space.up("slow")
        fill(space)
        promised, _ = crowd(space)
        engine.kill()
        space.go("slow-1")
        until(lambda: not _alive(space, "slow-1"), "the build to end")
        # It says what is wrong, or runs without a promise; either way it shows no stack and breaks nothing.
        second = space.begin("--until-idle")
        until(lambda: not second.alive or bool((view := space.view()) and view.engine.trouble), "the next engine")
        assert b"Traceback" not in second.log.read_bytes()
        empty(space)
        if second.alive:
            assert second.ended() == 0
    space.work()
    assert space.state("slow") == "done"
    assert space.row("slow")["attempts"] == 1
    assert late(space) == promised
    assert space.json("audit", "verify")["ok"] is True
