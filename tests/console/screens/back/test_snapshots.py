"""The screen of the restore points lists them, makes one, and goes back to one only when that was confirmed."""

import threading
from datetime import timedelta

from state.errors import MidwatchError
from state.model.brakes.safekeeping import Kind, Snapshot
from state.model.build import Finished
from tests.console.fake_engine import FakeEngine, running
from tests.console.helm import Helm, sail
from tests.making import NOON, ManualClock


def made(number: int, why: str = "") -> Snapshot:
    """A restore point of so many hours after noon."""
    fields = {"by": "operator:ada", "kind": Kind.HAND, "why": why, "files": 12, "bytes": 3_400_000, "added": 1}
    return Snapshot(id=f"20260304-{12 + number}0000", at=NOON + timedelta(hours=number), seq=number, **fields)


class Vault:
    """What the ports keep, and what they were asked."""

    def __init__(self, *found: Snapshot) -> None:
        self.found = list(found)
        self.asked: list[str] = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.refuses = ""

    def make(self, why: str) -> str:
        self.asked.append(f"make: {why}")
        self.found.append(made(9, why))
        return "made it"

    def go_back(self, name: str) -> str:
        self.asked.append(name)
        self.go_on.wait(20)
        if self.refuses:
            raise MidwatchError(self.refuses)
        return "restored: as it was"

    @property
    def ports(self) -> dict[str, object]:
        return {"snapshots": lambda: tuple(self.found), "make_snapshot": self.make, "go_back": self.go_back}


def test_lists_the_latest_first_and_makes_one() -> None:
    """At 80x24, with what it would mean to go back; `c` makes another, which is then listed."""
    vault = Vault(made(1, "before the move"), made(2))

    async def scene(helm: Helm) -> None:
        await helm.press("B")
        await helm.sees("20260304-140000", "20260304-130000", "12 files", "before the", "Nothing starts afterwards")
        assert helm.text.index("20260304-140000") < helm.text.index("20260304-130000")
        await helm.press("c")
        await helm.sees("made it", "20260304-210000")
        assert vault.asked == ["make: from the console"]
        await helm.press("escape")
        await helm.sees("Active builds")

    sail(scene, FakeEngine(), (80, 24), clock=ManualClock(), **vault.ports)


def test_an_empty_list_says_how_one_is_made() -> None:
    """There is nothing to go back to, and that says so too."""

    async def scene(helm: Helm) -> None:
        await helm.press("B")
        await helm.sees("There is none: c makes one")
        await helm.press("enter")
        await helm.sees("There is no snapshot to go back to")

    sail(scene, FakeEngine(), clock=ManualClock(), **Vault().ports)


def test_goes_back_once_that_was_confirmed() -> None:
    """Enter asks with the focus on Cancel; while it is done nothing else is, and then it says what came of it."""
    vault = Vault(made(1))

    async def scene(helm: Helm) -> None:
        await helm.press("B")
        await helm.sees("20260304-130000")
        await helm.press("enter")
        await helm.sees("Go back to 20260304-130000?", "12 files", "becomes a snapshot first")
        await helm.press("enter")
        await helm.until(lambda: "Go back to 20260304-130000?" not in helm.text)
        assert vault.asked == []
        vault.go_on.clear()
        await helm.press("enter", "right", "enter")
        await helm.sees("Going back to 20260304-130000 …")
        await helm.press("c", "enter")
        await helm.sees("wait until that is done")
        vault.go_on.set()
        await helm.sees("restored: as it was")
        assert vault.asked == ["20260304-130000"]

    sail(scene, FakeEngine(), clock=ManualClock(), **vault.ports)


def test_refused_while_builds_run_and_says_which() -> None:
    """What runs is named, before anything is asked; when it has ended, the way is free."""
    engine = FakeEngine()
    engine.put(running("ledger-1"))
    vault = Vault(made(1))

    async def scene(helm: Helm) -> None:
        await helm.press("B")
        await helm.sees("Not now: ledger-1 still run")
        await helm.press("enter")
        await helm.sees("end them with k in the lists")
        assert "Go back to" not in helm.text
        helm.engine.put(running("ledger-1", state=Finished(ending="done", text="", at=NOON)))
        await helm.until(lambda: "Not now" not in helm.text)
        await helm.press("enter")
        await helm.sees("Go back to 20260304-130000?")

    sail(scene, engine, clock=ManualClock(), **vault.ports)


def test_what_keeps_it_from_going_back_is_told() -> None:
    """Where the restore itself refuses, its words are shown and the page goes on."""
    vault = Vault(made(1))
    vault.refuses = "nothing was restored: the disk is full"

    async def scene(helm: Helm) -> None:
        await helm.press("B")
        await helm.sees("20260304-130000")
        await helm.press("enter", "right", "enter")
        await helm.sees("nothing was restored: the disk is full")

    sail(scene, FakeEngine(), clock=ManualClock(), **vault.ports)
