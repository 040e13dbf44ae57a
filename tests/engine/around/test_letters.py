"""Tests of acting on the operator's answers to drafted replies, while an engine is at work."""

import asyncio
from pathlib import Path

from engine.links.mail.drafts import Drafts
from state.model import command as c
from state.model.links.mail import Answer, Letter, Mailbox
from state.model.mode import Mode
from state.settings import Settings
from state.settings.links import EmailSettings
from tests.engine.engines import House, ask

LABEL, OTHER = "mail:0123456789ab", "mail:ba9876543210"
BOX = Mailbox(name="box", validity=7, upto=2)


def a_letter(label: str) -> Letter:
    return Letter(
        label=label, mark=label, subject="Quote", sender="[mail 1]", keyword="quote", received_at=None, digest="d"
    )


def scanned(house: House) -> c.NoteMail:
    """Leave drafts as a scan does, and return what it tells the engine."""
    for label in (LABEL, OTHER):
        Drafts(house.workspace).keep(label, b"hello")
    return c.NoteMail(box=BOX, letters=(a_letter(LABEL), a_letter(OTHER)))


def test_a_no_deletes_the_draft_and_a_yes_keeps_it(tmp_path: Path) -> None:
    """Once it is on record; no task of that name is looked for."""

    async def scene() -> None:
        house = House(tmp_path)
        async with house.live() as engine:
            assert (await ask(engine, scanned(house))).ok
            assert (await ask(engine, c.Deny(label=LABEL, digest=""))).ok
            reply = await ask(engine, c.Approve(label=OTHER, digest="d"))
            assert reply.ok and "send it yourself" in reply.text
            assert not (await ask(engine, c.Approve(label="mail:ffffffffffff", digest="d"))).ok
        assert Drafts(house.workspace).read(LABEL) is None
        assert Drafts(house.workspace).read(OTHER) == b"hello"
        assert [house.store.mails[label].answer for label in (LABEL, OTHER)] == [Answer.DENIED, Answer.APPROVED]

    asyncio.run(scene())


def test_a_server_that_cannot_be_had_takes_no_yes_back(tmp_path: Path) -> None:
    """The yes stays on record, the words say what is missing, and the engine goes on; the next yes tries again."""

    async def scene() -> None:
        house = House(tmp_path, settings=Settings(email=EmailSettings(drafts_folder="Drafts")))
        async with house.live() as engine:
            await ask(engine, scanned(house))
            for _ in range(2):
                reply = await ask(engine, c.Approve(label=LABEL, digest="d"))
                assert not reply.ok and reply.code == 6
                assert "its draft is approved" in reply.text and "tries again" in reply.text
            assert engine.view().mails[LABEL].answer is Answer.APPROVED
            assert engine.view().mails[LABEL].placed_at is None

    asyncio.run(scene())


def test_while_it_observes_nothing_is_put_anywhere(tmp_path: Path) -> None:
    """A yes is on record, and its reply says that nothing was done."""

    async def scene() -> None:
        house = House(tmp_path, settings=Settings(email=EmailSettings(drafts_folder="Drafts")))
        async with house.live() as engine:
            await ask(engine, scanned(house))
            await ask(engine, c.SetMode(mode=Mode.OBSERVE))
            reply = await ask(engine, c.Approve(label=LABEL, digest="d"))
            assert reply.ok and "observe mode: nothing executes" in reply.text

    asyncio.run(scene())
