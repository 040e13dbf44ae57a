"""`breaker`: listed for people and programs, and closed by the operator."""

from datetime import timedelta

from console.cli.brakes.breaker import row
from state.model.brakes.breaker import COMMAND, Breaker, HalfOpen, Open
from tests.console.cli.conftest import Midwatch
from tests.making import NOON


def test_a_workspace_without_builds_has_none(midwatch: Midwatch) -> None:
    """An empty list is said in words, and is an empty list to programs."""
    assert midwatch.json("breaker", "list") == []
    assert "every breaker is closed" in midwatch.ok("breaker", "list")


def test_an_unknown_breaker_is_refused(midwatch: Midwatch) -> None:
    """The words say where to look."""
    code, complaint = midwatch.fails("breaker", "reset", "command:/srv/none")
    assert code == 1 and "`midwatch breaker list` shows all" in complaint


def test_a_row_says_what_it_waits_for() -> None:
    """Until when it is open, or which build tries."""
    opened = Breaker(runner=COMMAND, repo="/r", state=Open(since=NOON, until=NOON + timedelta(hours=1)), text="no")
    assert row(opened) == {
        "key": "command:/r",
        "runner": "command",
        "repo": "/r",
        "state": "open",
        "failures": 0,
        "unchanged": 0,
        "since": NOON,
        "until": NOON + timedelta(hours=1),
        "trying": None,
        "text": "no",
    }
    half = Breaker(runner=COMMAND, repo="/r", state=HalfOpen(since=NOON, build="a-1"))
    assert (row(half)["trying"], row(half)["until"], row(Breaker(runner=COMMAND, repo=""))["state"]) == (
        "a-1",
        None,
        "closed",
    )
