"""A disk that is really full: nothing is half written, and work goes on when there is room."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from state.files import Workspace, atomic_write, create_workspace
from state.journal import verify
from state.store import Store, StoreFailed
from tests.making import ManualClock, a_task
from tests.state.making import ASKED, held

ROOM = 256 << 10


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KB."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "midwatch-test", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small file system needs the right to mount: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path, leave: int = 0) -> Path:
    """Take all room, but for some bytes."""
    ballast = place / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 4096):
                pass
        except OSError:
            file.truncate(max(0, file.tell() - leave))
    return ballast


def commit_until_full(store: Store) -> int:
    """Commit until the disk refuses; returns how many commits were acknowledged."""
    for number in range(10_000):
        try:
            store.commit([a_task(f"task-{number}", description="words " * 100)], ASKED)
        except StoreFailed as failed:
            full = failed
            break
    else:
        raise AssertionError("the disk never filled up")
    assert "No space left on device: nothing was changed; make room" in str(full)
    assert not full.final
    return number


def test_commits_fail_whole_and_go_on_when_there_is_room(small: Path) -> None:
    """What was acknowledged stays, in memory and on the disk; what was refused is nowhere."""
    workspace = create_workspace(small)
    with Store.open(workspace, ManualClock()) as store:
        ballast = fill(small, leave=32 << 10)
        done = commit_until_full(store)
        assert 0 < done < 40
        assert len(store.tasks) == store.number == done
        before = held(store)
        assert commit_until_full(store) == 0
        assert held(store) == before
        assert verify(workspace.journal, checkpoint=None, in_flight=True).entries == done
        ballast.unlink()
        store.commit([a_task("after")], ASKED)
        after = held(store)
    with Store.open(workspace, ManualClock()) as store:
        assert held(store) == after
        assert store.recovered == ""


def test_a_new_day_on_a_full_disk_keeps_the_old_segment(small: Path) -> None:
    """Not even the segment of the day can be made, or it stays empty, and nothing is lost."""
    workspace, clock = create_workspace(small), ManualClock()
    with Store.open(workspace, clock) as store:
        store.commit([a_task("old")], ASKED)
        ballast = fill(small)
        clock.forward(86_400)
        assert commit_until_full(store) == 0
        ballast.unlink()
        store.commit([a_task("new")], ASKED)
    with Store.open(workspace, clock) as store:
        assert list(store.tasks) == ["old", "new"]


def test_leaving_and_coming_back_work_on_a_full_disk(small: Path) -> None:
    """The checkpoint cannot be written then, and need not be."""
    workspace = create_workspace(small)
    store = Store.open(workspace, ManualClock())
    store.commit([a_task(f"task-{number}") for number in range(50)], ASKED)
    fill(small)
    with pytest.raises(StoreFailed, match="the old one stays"):
        store.checkpoint()
    store.close()
    assert not workspace.checkpoint.exists()
    with Store.open(workspace, ManualClock()) as store:
        assert len(store.tasks) == 50


def test_a_file_that_does_not_fit_leaves_the_old_one(small: Path) -> None:
    """Nothing of the new one stays to take room."""
    page = small / "page.md"
    atomic_write(page, "old")
    fill(small)
    with pytest.raises(OSError, match="No space left on device"):
        atomic_write(page, b"new" * 4096)
    assert page.read_text() == "old"
    assert {path.name for path in small.iterdir()} == {"page.md", "ballast"}


def test_a_workspace_on_a_full_disk_says_so(small: Path) -> None:
    """A store that cannot even begin tells the operator what to do."""
    fill(small)
    workspace = Workspace(small)
    with pytest.raises(StoreFailed, match="No space left on device"):
        Store.open(workspace, ManualClock())
