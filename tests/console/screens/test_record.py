"""The screen of the record lists decisions, tells their stories and proves that nothing was changed."""

import threading
from collections.abc import Sequence
from datetime import timedelta

from console.screens.record import PAGE
from state.journal import Decision
from state.model import command as c
from state.model.control import Control
from tests.console.fake_engine import FakeEngine, night
from tests.console.helm import Helm, sail
from tests.making import NOON, ManualClock


def decided(seq: int, action: str = "task_held", why: str = "") -> Decision:
    """An entry of the record."""
    actor = "operator:ada" if seq % 2 else "engine"
    why = why or f"reason {seq}"
    return Decision(
        seq=seq, at=NOON + timedelta(seconds=seq), actor=actor, action=action, why=why, label="tidy", prev="p", hash="h"
    )


class Record:
    """What the ports read from, and what they were asked."""

    def __init__(self, count: int) -> None:
        self.entries = [decided(number) for number in range(1, count + 1)]
        self.asked: list[tuple[str, int]] = []
        self.whole = True

    def decisions(self, words: str, most: int) -> Sequence[Decision]:
        self.asked.append((words, most))
        return [entry for entry in reversed(self.entries) if words in entry.why][:most]

    @property
    def ports(self) -> dict[str, object]:
        return {
            "decisions": self.decisions,
            "story": lambda seq: (f"the story of {seq}", "then     it ended well"),
            "verify": lambda: (self.whole, f"{len(self.entries)} entries" if self.whole else "a.jsonl:3: changed"),
        }


def test_the_latest_are_listed_with_the_story_of_the_selected_one() -> None:
    """Newest first at 80x24; moving tells the next story, and Escape leads back."""
    record = Record(30)

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees("reason 30", "ada", "task held", "the story of 30", "v proves that the record is whole")
        await helm.press("down")
        await helm.sees("the story of 29")
        await helm.press("escape")
        await helm.sees("Active builds")

    sail(scene, night(FakeEngine()), (80, 24), clock=ManualClock(), **record.ports)


def test_what_is_decided_meanwhile_appears() -> None:
    """A new entry of the engine is at the top without a key."""
    record = Record(3)

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees("reason 3")
        record.entries.append(decided(4, why="just now"))
        for paused in (True, False):
            helm.engine.put(Control(paused=paused))
        await helm.sees("just now")

    sail(scene, FakeEngine(), clock=ManualClock(), **record.ports)


def test_words_are_looked_for_in_the_whole_record() -> None:
    """The search goes to the record and not over the rows alone; Escape drops it."""
    record = Record(PAGE + 20)

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees(f"reason {PAGE + 20}", f"the latest {PAGE}")
        await helm.press("slash", *"reason 7", "enter")
        await helm.sees("the story of 79", "11 with")
        assert record.asked[-1] == ("reason 7", PAGE)
        await helm.press("escape")
        await helm.sees(f"reason {PAGE + 20}")

    sail(scene, FakeEngine(), clock=ManualClock(), **record.ports)


def test_at_its_end_older_ones_are_read() -> None:
    """The first page is short; reaching its last row reads on."""
    record = Record(PAGE + 20)

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees(f"the latest {PAGE}")
        await helm.press("end")
        await helm.until(lambda: record.asked[-1] == ("", 2 * PAGE), "older ones are asked for")
        await helm.press("end")
        await helm.sees("the story of 1")

    sail(scene, FakeEngine(), clock=ManualClock(), **record.ports)


def test_the_proof_stands_in_the_footer() -> None:
    """`v` says that all is whole, or what is damaged."""
    record = Record(3)

    async def scene(helm: Helm) -> None:
        await helm.press("A", "v")
        await helm.sees("✓ 3 entries")
        record.whole = False
        await helm.press("v")
        await helm.sees("✗ DAMAGED a.jsonl:3: changed")

    sail(scene, FakeEngine(), clock=ManualClock(), **record.ports)


def test_a_record_that_cannot_be_read_is_told() -> None:
    """A disk that refuses is no empty list."""

    def refuses(words: str, most: int) -> Sequence[Decision]:
        raise PermissionError("no right to read it")

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees("The record cannot be read: no right to read it")

    sail(scene, FakeEngine(), clock=ManualClock(), **{**Record(0).ports, "decisions": refuses})


def test_leaving_does_not_wait_for_a_slow_disk() -> None:
    """While the record is still being read, Escape leads back at once."""
    held, reading = threading.Event(), threading.Event()

    def slowly(words: str, most: int) -> Sequence[Decision]:
        reading.set()
        held.wait(30)
        return ()

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.until(reading.is_set, "it reads")
        await helm.press("escape")
        await helm.sees("Active builds")
        held.set()

    sail(scene, night(FakeEngine()), clock=ManualClock(), **{**Record(0).ports, "decisions": slowly})


def test_an_entry_is_taken_back_or_overruled_by_its_number() -> None:
    """`u` shows what the engine says it would do, `o` what overruling means; both ask before they do it."""
    record = Record(1)
    record.entries += [decided(3, action="paused"), decided(4)]

    async def scene(helm: Helm) -> None:
        helm.engine.reply = lambda request: c.Reply(ok=True, text="things start again")
        await helm.press("A")
        await helm.sees("the story of 4")
        await helm.press("o")
        await helm.sees("Overrule entry 4, task held?", "tidy goes on, as if you had approved it.")
        await helm.press("right", "enter")
        assert await helm.asked() == [c.CaptainOverride(seq=4)]
        await helm.press("u")
        await helm.sees("o overrules it")
        await helm.press("down")
        await helm.sees("the story of 3")
        await helm.press("u")
        await helm.sees("Take back entry 3?", "things start again")
        await helm.press("right", "enter")
        assert await helm.asked(3) == [c.CaptainOverride(seq=4), c.Undo(what="3", preview=True), c.Undo(what="3")]

    sail(scene, FakeEngine(), clock=ManualClock(), **record.ports)


def test_the_help_begins_with_the_keys_of_the_page() -> None:
    """`?` on a page lists its own keys first, and closing it leads back there."""

    async def scene(helm: Helm) -> None:
        await helm.press("A")
        await helm.sees("the story of 2")
        await helm.press("question_mark")
        await helm.sees("On this page", "overrule", "On the lists")
        await helm.press("escape")
        await helm.sees("the story of 2")

    sail(scene, FakeEngine(), clock=ManualClock(), **Record(2).ports)
