"""One look for problems, from the command line's side."""

from pathlib import Path

from console.cli.base import Hand
from console.cli.learning import looking
from engine.learning.problems import history
from state.files import Workspace, create_workspace
from state.model.learning.problem import Kind, Problem, Severity, Sighting
from state.model.reason import Reason
from state.settings import default_text
from state.store import Store
from tests.making import NOON, ManualClock, a_task


def hand(root: Path, *records: object, settings: str = "") -> Hand:
    """A workspace with these records and settings."""
    workspace = create_workspace(root)
    workspace.settings.write_text(default_text() + settings)
    with Store.open(workspace, ManualClock()) as store:
        store.commit(records, Reason(actor="test", action="set_up", why="the scene of a test"))
    made = Hand()
    made.named = str(root)
    return made


def test_a_look_is_not_written_down_until_it_is_noted(tmp_path: Path) -> None:
    """Then it is on record, and its figures are kept for the next."""
    here = hand(tmp_path, a_task("tidy"))
    found = looking.look(here)
    workspace = Workspace(tmp_path)
    assert "stale:queued" in [sighting.id for sighting in found.seen]
    assert found.facts.starts.keys() == {"tidy"}
    assert history.load(workspace) == () and looking.known(here) == []
    assert looking.note(here, found).startswith(f"{len(found.seen)} problem")
    assert history.load(workspace) == (found.facts.sample,)
    assert {row.id for row in looking.known(here)} == {sighting.id for sighting in found.seen}
    assert looking.look(here).facts.samples == (found.facts.sample,)


def test_they_are_listed_by_how_much_they_matter() -> None:
    """What is there before what is gone."""

    def row(subject: str, severity: Severity, *, gone: bool = False) -> Problem:
        seen = Sighting(kind=Kind.DISK, subject=subject, severity=severity, text="")
        return Problem(id=seen.id, seen=seen, first_at=NOON, last_at=NOON, gone_at=NOON if gone else None)

    rows = [row("a", Severity.LOW), row("b", Severity.CRITICAL, gone=True), row("c", Severity.HIGH)]
    assert [one.id for one in looking.ordered(rows)] == ["disk:c", "disk:a", "disk:b"]
