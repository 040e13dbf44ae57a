"""The record's old entries go by themselves, and by the operator's word, and the rest can be proven."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from engine.around.keeping import NOTHING, oldest_kept
from state import segments
from state.journal import read, verify
from state.keeping import anchors, archives
from state.keeping.prune import NotPruned
from state.model import command as c
from state.model.escalation import EscalationKind
from state.settings import AuditSettings, Settings
from tests.engine.engines import SETUP, House, ask, until
from tests.making import NOON, a_task

DAY_S = 86_400


def old_house(root: Path, settings: Settings | None = None, *, days: int = 3) -> House:
    """A workspace with one entry on each of some days, the last of which is long ago."""
    house = House(root, settings=settings)
    for day in range(days):
        house.seed(a_task(f"task-{day}"))
        house.clock.forward(DAY_S)
    house.clock.forward(200 * DAY_S)
    return house


def kept(house: House) -> int:
    return len(segments.names(house.workspace.journal))


def test_an_engine_prunes_by_itself(tmp_path: Path) -> None:
    """At its start, by the 90 days that hold unless the settings say otherwise; what is left is proven."""
    house = old_house(tmp_path)

    async def scene() -> None:
        async with house.live():
            await until(lambda: kept(house) <= 2, "the old files are gone")
            assert len(house.store.tasks) == 3

    asyncio.run(scene())
    audit = verify(house.workspace.journal, checkpoint=house.workspace.checkpoint)
    assert audit.ok and audit.anchor is not None
    assert audit.first > 1
    anchor = next(entry for entry in read(house.workspace.journal) if entry.action == anchors.ACTION)
    assert anchor.actor == "engine"
    assert len(house.store.tasks) == 3


@pytest.mark.parametrize("keep_s", [None, 400.0 * DAY_S])
def test_what_is_to_be_kept_is_kept(tmp_path: Path, keep_s: float | None) -> None:
    """For ever, or for longer than it is old."""
    house = old_house(tmp_path, Settings(audit=AuditSettings(keep_s=keep_s)))

    async def scene() -> None:
        async with house.live() as engine:
            reply = await ask(engine, c.PruneAudit())
            if keep_s is None:
                assert not reply.ok and "for ever" in reply.text
            else:
                assert reply.text == NOTHING

    asyncio.run(scene())
    assert kept(house) >= 3
    assert verify(house.workspace.journal, checkpoint=house.workspace.checkpoint).first == 1


def test_the_operator_prunes_by_a_day_while_builds_go_on(tmp_path: Path) -> None:
    """What is older goes into the archive first; changes meanwhile are all there afterwards."""
    archive = tmp_path / "archive"
    house = old_house(tmp_path, Settings(audit=AuditSettings(keep_s=None, archive=str(archive))))
    before = date.fromisoformat(segments.names(house.workspace.journal)[2].removesuffix(".jsonl"))

    async def scene() -> None:
        async with house.live() as engine:
            pruned = asyncio.create_task(ask(engine, c.PruneAudit(before=before)))
            for _ in range(20):
                assert (await ask(engine, c.Pause(on=True))).ok
                assert (await ask(engine, c.Pause(on=False))).ok
            reply = await pruned
            assert reply.ok and "entries 1 to 2" in reply.text

    asyncio.run(scene())
    assert len(archives.names(archive)) == 2
    for where in (None, archive):
        assert verify(house.workspace.journal, checkpoint=house.workspace.checkpoint, archive=where).ok
    actions = [entry.action for entry in read(house.workspace.journal)]
    assert actions.count("paused") == actions.count("resumed") == 20
    house.workspace.checkpoint.unlink()
    house.seed(a_task("more"))
    assert verify(house.workspace.journal, checkpoint=house.workspace.checkpoint).ok


def test_a_record_that_cannot_be_pruned_is_asked_about_once(tmp_path: Path) -> None:
    """An archive that is no folder: nothing goes, and the operator learns why."""
    archive = tmp_path / "file"
    archive.touch()
    house = old_house(tmp_path, Settings(audit=AuditSettings(archive=str(archive))))

    async def scene() -> None:
        async with house.live():
            await until(lambda: house.questions() == [EscalationKind.SYSTEM_HEALTH], "the question")

    asyncio.run(scene())
    assert kept(house) >= 3
    [question] = house.store.escalations.values()
    assert str(archive) in question.text
    archive.unlink()

    async def mended() -> None:
        async with house.live():
            await until(lambda: house.questions() == [], "it is taken back")

    asyncio.run(mended())
    assert len(archives.names(archive)) >= 1


def test_an_engine_that_goes_on_prunes_after_midnight(tmp_path: Path) -> None:
    """What grows too old while it runs goes too."""
    house = House(tmp_path)
    house.seed(a_task("old"))
    before_midnight_s = 12 * 3600 - 1
    house.clock.forward(before_midnight_s)

    async def scene() -> None:
        async with house.live() as engine:
            assert (await ask(engine, c.PruneAudit())).text == NOTHING
            old = segments.names(house.workspace.journal)[0]
            house.clock.forward(200 * DAY_S)
            await ask(engine, c.Pause(on=True))
            await until(lambda: old not in segments.names(house.workspace.journal), "the old file is gone")

    asyncio.run(scene())
    assert verify(house.workspace.journal, checkpoint=house.workspace.checkpoint).ok


def test_the_first_day_that_is_kept() -> None:
    """A day goes only once its last moment is too old; a word of the operator overrules the settings."""
    day = AuditSettings(keep_s=1.0 * DAY_S)
    assert oldest_kept(day, NOON) == (NOON - timedelta(days=1)).date()
    assert oldest_kept(AuditSettings(keep_s=None), NOON, date(2020, 1, 1)) == date(2020, 1, 1)
    with pytest.raises(NotPruned, match="--before"):
        oldest_kept(AuditSettings(keep_s=None), NOON)


def test_the_scene_is_what_it_seems(tmp_path: Path) -> None:
    """Three days in three files."""
    house = old_house(tmp_path)
    assert kept(house) == 3
    assert SETUP.action in {entry.action for entry in read(house.workspace.journal)}
