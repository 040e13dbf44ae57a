"""The watch on named files: every way of saving is noticed, nothing else is."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

from engine.signals.watch import EVERYTHING, FileWatch, is_silent

Scene = Callable[[Path, "Heard"], Awaitable[None]]


class Heard:
    """What the watch told, and a way to wait for it."""

    def __init__(self) -> None:
        self.told: list[frozenset[Path]] = []
        self._new = asyncio.Event()

    def __call__(self, paths: frozenset[Path]) -> None:
        self.told.append(paths)
        self._new.set()

    async def next(self) -> frozenset[Path]:
        async with asyncio.timeout(10):
            await self._new.wait()
        self._new.clear()
        return self.told[-1]


def watched(folder: Path, scene: Scene, *, looks: bool = False) -> Heard:
    """Play a scene beside a watch on `folder` and its `memory`."""
    heard = Heard()

    async def play() -> None:
        folders = {folder: frozenset({"midwatch.toml", "GOALS.md"}), folder / "memory": EVERYTHING}
        watch = FileWatch(folders, heard)
        running = asyncio.get_running_loop().create_task(watch.run())
        await asyncio.sleep(0)
        try:
            await scene(folder, heard)
            if looks:
                watch.look()
                await heard.next()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(play())
    return heard


def test_every_way_of_saving_is_noticed(tmp_path: Path) -> None:
    """Writing in place, an atomic replacement, an editor's dance and a removal are each told, again and again."""

    async def scene(folder: Path, heard: Heard) -> None:
        goals = folder / "GOALS.md"
        for round_ in range(3):
            goals.write_text(f"in place {round_}")
            assert await heard.next() == {goals}
            (folder / ".GOALS.tmp").write_text(f"atomic {round_}")
            os.replace(folder / ".GOALS.tmp", goals)
            assert await heard.next() == {goals}
            goals.rename(folder / "GOALS.md~")
            goals.write_text(f"an editor {round_}")
            assert await heard.next() == {goals}
        goals.unlink()
        assert await heard.next() == {goals}

    watched(tmp_path, scene)


def test_what_nobody_asked_about_is_not_told(tmp_path: Path) -> None:
    """Editors' temporary files and other files in the same folder stay silent."""

    async def scene(folder: Path, heard: Heard) -> None:
        (folder / "4913").write_text("")
        (folder / ".GOALS.md.swp").write_text("")
        (folder / "BUILD_STATUS.md").write_text("ours")
        (folder / "GOALS.md").write_text("this one")
        assert await heard.next() == {folder / "GOALS.md"}

    assert len(watched(tmp_path, scene).told) == 1


def test_a_folder_may_come_and_go(tmp_path: Path) -> None:
    """A watched folder that is made later, removed and made again is taken up each time."""

    async def scene(folder: Path, heard: Heard) -> None:
        memory = folder / "memory"
        for _ in range(2):
            memory.mkdir()
            assert memory in await heard.next()
            (memory / "2026-03-04.md").write_text("## [23:15] Autonomous")
            assert memory / "2026-03-04.md" in await heard.next()
            shutil.rmtree(memory)
            assert memory in await heard.next()

    watched(tmp_path, scene)


def test_a_look_finds_what_no_event_told_of(tmp_path: Path) -> None:
    """On a file system that tells nothing, comparing stamps finds the change; without one it finds nothing."""
    goals = tmp_path / "GOALS.md"
    goals.write_text("before")
    heard = Heard()

    async def play() -> None:
        watch = FileWatch({tmp_path: frozenset({"GOALS.md"})}, heard)
        watch._loop = asyncio.get_running_loop()
        watch.look()
        await asyncio.sleep(0)
        assert watch._timer is None
        goals.write_text("after, and longer")
        watch.look()
        assert await heard.next() == {goals}
        watch._inotify.close()

    asyncio.run(play())


def test_network_file_systems_are_known_as_silent() -> None:
    """The innermost mount decides; a local folder below a network mount is not polled."""
    mounts = (
        "1 0 8:1 / / rw - ext4 /dev/vda rw\n"
        "2 1 0:9 / /mnt/share rw - nfs4 server:/x rw\n"
        "3 2 0:8 / /mnt/share/local rw - tmpfs tmpfs rw\n"
        "4 1 0:7 / /mnt/with\\040space rw - cifs //server/x rw\n"
    )
    assert is_silent(Path("/mnt/share/work"), mounts)
    assert is_silent(Path("/mnt/with space/work"), mounts)
    assert not is_silent(Path("/mnt/share/local/work"), mounts)
    assert not is_silent(Path("/home"), mounts)
    assert not is_silent(Path("/tmp"))
