"""The counter of the attempts: durability, trouble and turns at a repository."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import hall as hall_module
from engine.hall import Hall
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.model import reason as reason_module
from state.model.reason import POSSIBLE
from state.settings import Settings
from state.store import Store, StoreFailed
from tests.making import ManualClock, a_build


class Woken:
    """Counts how often the engine was woken, and may do something then."""

    def __init__(self) -> None:
        self.times = 0
        self.then = lambda: None

    def __call__(self) -> None:
        self.times += 1
        self.then()


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def hall(tmp_path: Path, woken: Woken) -> Iterator[Hall]:
    workspace, clock = create_workspace(tmp_path), ManualClock()
    with Store.open(workspace, clock) as store:
        yield Hall(workspace, store, Settings(), clock, Machine(), woken, lambda progress: None)


def test_what_is_staged_wakes_the_engine_and_names_it_as_the_actor(hall: Hall, woken: Woken) -> None:
    """An attempt never flushes: it stages, and the engine's next turn makes it durable."""
    build = a_build("tidy-1")
    entries: list[str] = []
    hall.store.listeners.append(lambda entry: entries.append(f"{entry.reason.actor} {entry.reason.build}"))
    hall.stage([build], "build_noted", "why", build)
    assert hall.build("tidy-1") == build
    assert entries == ["engine tidy-1"] and woken.times == 1


def test_waiting_for_durability_ends_with_the_flush_and_not_before(hall: Hall, woken: Woken) -> None:
    """All who wait are told at once; asking wakes the engine, so that nobody waits for nothing."""

    async def scene() -> None:
        waiters = [asyncio.create_task(hall.durable()) for _ in range(3)]
        await asyncio.sleep(0)
        assert woken.times == 3 and not any(waiter.done() for waiter in waiters)
        hall.flushed()
        await asyncio.wait_for(asyncio.gather(*waiters), 5)
        assert hall.trouble == ""

    asyncio.run(scene())


def test_a_failed_flush_is_told_to_those_who_wait(hall: Hall) -> None:
    """They get the failure; one that has given up waiting is no obstacle."""

    async def scene() -> None:
        gone, waiter = asyncio.create_task(hall.durable()), asyncio.create_task(hall.durable())
        await asyncio.sleep(0)
        gone.cancel()
        hall.flushed(StoreFailed("make room"))
        with pytest.raises(StoreFailed, match="make room"):
            await asyncio.wait_for(waiter, 5)
        assert hall.trouble == "make room"

    asyncio.run(scene())


def test_health_is_asked_for_until_it_comes(hall: Hall, woken: Woken, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the store is in trouble the engine is woken again and again, and then it goes on."""
    monkeypatch.setattr(hall_module, "_ASK_AGAIN_S", 0.001)

    def mend() -> None:
        if woken.times == 3:
            hall.flushed()

    async def scene() -> None:
        await asyncio.wait_for(hall.healthy(), 5)
        assert woken.times == 0
        hall.flushed(StoreFailed("make room"))
        woken.then = mend
        await asyncio.wait_for(hall.healthy(), 5)
        assert woken.times == 3

    asyncio.run(scene())


def test_one_delivery_at_a_time_into_one_repository(hall: Hall, tmp_path: Path) -> None:
    """Two names of one folder share a turn; another repository has its own."""
    repo = tmp_path / "repo"
    repo.mkdir()
    (tmp_path / "link").symlink_to(repo)
    assert hall.branch(str(repo)) is hall.branch(str(tmp_path / "link"))
    assert hall.branch(str(repo)) is not hall.branch(str(tmp_path))


def test_what_was_possible_is_written_down_with_a_decision(hall: Hall) -> None:
    """A reader learns what else could have been done, and what it was decided upon."""
    build = a_build("tidy-1")
    reasons = []
    hall.store.listeners.append(lambda entry: reasons.append(entry.reason))
    hall.stage([build], "build_failed", "exit code 1", build, known=(("failures", "1"),))
    assert reasons[0].options == ("try again after a while", "give up and ask")
    assert reasons[0].known == (("failures", "1"),)


def test_every_action_with_options_is_decided_somewhere() -> None:
    """The list of what is possible holds nothing that nobody decides any more."""
    engine, nouns = Path(hall_module.__file__).parent, Path(reason_module.__file__)
    deciders = {*engine.rglob("*.py"), *nouns.parent.rglob("*.py")} - {nouns}
    source = "\n".join(path.read_text(encoding="utf-8") for path in deciders)
    assert [action for action in POSSIBLE if f'"{action}"' not in source] == []
    assert all(len(options) > 1 for options in POSSIBLE.values())
