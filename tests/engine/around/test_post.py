"""Signals from the folder to the record: decided once, cleared away afterwards, never lost."""

import asyncio
import json
import os
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from engine.around.post import NotTaken, Post, Taken
from engine.desk.desk import Desk
from engine.safety.privacy.ward import ward
from state.model import command as c
from state.settings import Settings
from state.settings.links import SignalSettings
from state.store import Store
from tests.engine.desk.asking import desk, state_of
from tests.engine.signals.files import TASK, written
from tests.making import ManualClock

__all__ = ["desk"]


class Died(BaseException):
    """The process ended here."""


class Way:
    """The way to a desk, which can end before or after what was asked is durable."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.folder: Path = desk.common.store.workspace.escalations
        self.dies = ""
        self.asked: Counter[str] = Counter()

    def put(self, name: str, data: bytes) -> None:
        (self.folder / f"{name}.json").write_bytes(data)

    async def submit(self, command: c.Command) -> c.Reply:
        self.asked[type(command).__name__] += 1
        if self.dies == "before":
            raise Died
        reply = self.desk.handle(c.Request(actor="operator:ada", command=command))
        self.desk.common.store.flush()
        if self.dies == "after":
            raise Died
        return reply

    def take(self, *, urgent: bool = False) -> Taken:
        common = self.desk.common
        post = Post(common.store.workspace, Settings(), common.clock, self.submit)
        return asyncio.run(post.take(urgent=urgent))


@pytest.fixture
def way(desk: Desk) -> Way:
    return Way(desk)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_signal_is_decided_recorded_and_cleared(way: Way) -> None:
    """The file says what became of it, and so does the day's page, without the names of people."""
    way.put("one", written(payload={"text": "ada@lovelace.example asks for a quote"}))
    [handled] = way.take().handled
    assert (handled.id, handled.handling) == ("ci-1", "asked")
    assert names(way.folder) == ["handled"]
    told = json.loads((way.folder / "handled" / "one.json").read_text())
    assert told["handling"]["handling"] == "asked"
    [page] = (way.folder.parent / "memory").iterdir()
    assert "opportunity from ci (ci-1): e1 asks you" in page.read_text()
    [question] = way.desk.common.store.escalations.values()
    assert "[mail] asks for a quote" in question.text


@pytest.mark.parametrize("dies", ["before", "after"])
def test_whoever_dies_on_the_way_loses_nothing_and_does_nothing_twice(way: Way, dies: str) -> None:
    """The next one goes on: a task is queued once, and the file is cleared."""
    way.put("one", written("ci-1", "spawn_agent", {"confidence": 0.9, "task": TASK}))
    way.dies = dies
    with pytest.raises(Died):
        way.take()
    assert names(way.folder) == ["one.json"]
    way.dies = ""
    [handled] = way.take().handled
    assert handled.outcome == "mend-sum: queued"
    assert state_of(way.desk, "mend-sum") == "queued"
    assert way.desk.common.store.number == 1
    assert names(way.folder) == ["handled"]


def test_the_task_of_a_signal_is_what_its_fields_say(way: Way) -> None:
    """Read like a line of a task file; what it says of who added it does not count."""
    way.put("one", written("ci-1", "spawn_agent", {"confidence": 0.9, "task": {**TASK, "budget": 5}}))
    way.take()
    spec = way.desk.common.store.tasks["mend-sum"].spec
    assert (spec.source, spec.budget, spec.command) == ("signal:ci", 5_000_000, "true")


def test_what_is_no_task_tells_the_operator_why(way: Way) -> None:
    """An unknown field is no reason to set a signal aside, and none to guess."""
    way.put("one", written("ci-1", "spawn_agent", {"confidence": 0.9, "task": {"titel": "Mend"}}))
    way.take()
    [question] = way.desk.common.store.escalations.values()
    assert "titel: unknown" in question.text and "title: is missing" in question.text
    assert not way.desk.common.store.tasks


def test_only_what_is_urgent_or_bad_is_taken_at_once(way: Way) -> None:
    """The others wait for the heartbeat."""
    way.put("later", written("a"))
    way.put("now", written("b", priority="urgent"))
    way.put("bad", b"[]")
    taken = way.take(urgent=True)
    assert [one.id for one in taken.handled] == ["b"] and [one.name for one in taken.bad] == ["bad.json"]
    assert names(way.folder) == ["bad", "handled", "later.json"]
    assert [one.id for one in way.take().handled] == ["a"]


def test_a_bad_one_is_told_of_before_it_is_moved(way: Way) -> None:
    """It is kept with its reason; the operator has a question about it."""
    way.put("bad", b'{"type": "unclear"}')
    [bad] = way.take().bad
    assert bad.why == "id: is missing"
    assert names(way.folder / "bad") == ["bad.json", "bad.json.reason"]
    [question] = way.desk.common.store.escalations.values()
    assert question.label == "signals:bad"


def test_two_with_one_id_are_not_one(way: Way) -> None:
    """The first counts; the other is set aside as it is."""
    way.put("a", written())
    way.put("b", written(payload={"text": "something else"}))
    taken = way.take()
    assert [one.id for one in taken.handled] == ["ci-1"]
    assert "another signal had the id ci-1 already" in taken.bad[0].why
    assert "something else" in (way.folder / "bad" / "b.json").read_text()


def test_an_id_that_tells_of_a_person_is_refused(way: Way) -> None:
    """It would stand in the record for ever."""
    workspace = way.desk.common.store.workspace
    ward(workspace).meet(["lovelace"])
    way.put("one", written("lovelace-1"))
    [bad] = way.take().bad
    assert "tells of a person" in bad.why
    assert not way.desk.common.store.signals


def test_what_cannot_be_recorded_waits(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is moved that is not decided upon."""

    async def refuse(command: c.Command) -> c.Reply:
        return c.Reply(ok=False, text="the disk is full")

    monkeypatch.setattr(way, "submit", refuse)
    for data in (written(), b"[]"):
        way.put("one", data)
        with pytest.raises(NotTaken, match="the disk is full"):
            way.take()
        assert names(way.folder) == ["one.json"]


def test_any_number_is_taken_in_one_go(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few are looked at in one look."""
    from engine.signals import inbox

    monkeypatch.setattr(inbox, "AT_ONCE", 3)
    for number in range(10):
        way.put(f"s-{number}", written(f"s-{number}", "goals_updated", priority="low"))
    assert len(way.take().handled) == 10


def test_no_more_than_so_many_are_taken_in_an_hour(way: Way) -> None:
    """The rest waits, bad ones do not; the operator is told once, and it goes on by itself when there is room."""
    orders = way.desk.common.orders
    orders.settings = msgspec.structs.replace(orders.settings, signals=SignalSettings(per_h=3))
    for number in range(8):
        way.put(f"s-{number}", written(f"s-{number}", priority="urgent"))
    way.put("x", b"[]")
    taken = way.take()
    assert len(taken.handled) == 3 and len(taken.bad) == 1 and "the rest waits" in taken.later
    assert not way.take(urgent=True).handled
    many = [q for q in way.desk.common.store.escalations.values() if q.label == "signals:many"]
    assert len(many) == 1 and many[0].open and many[0].count == 1
    assert isinstance(way.desk.common.clock, ManualClock)
    way.desk.common.clock.forward(3601)
    assert len(way.take().handled) == 3
    way.desk.common.clock.forward(3601)
    assert len(way.take().handled) == 2
    assert not way.desk.common.questions.open_on("signals:many")
    assert names(way.folder) == ["bad", "handled"]


def test_a_file_that_cannot_be_moved_is_not_taken_again_and_again(way: Way) -> None:
    """It is on record once; the trouble is told, and the next round does not repeat what was done."""
    way.put("one", written())
    (way.folder / "handled").symlink_to(way.folder.parent)
    for _ in range(2):
        with pytest.raises(NotADirectoryError):
            way.take()
    assert way.desk.common.store.number == 1
    os.unlink(way.folder / "handled")
    assert [one.id for one in way.take().handled] == ["ci-1"]
    assert isinstance(way.desk.common.store, Store) and way.desk.common.store.number == 1
