"""An entry is found with what was there before it."""

from pathlib import Path

import msgspec
import pytest

from state.files import Workspace, create_workspace
from state.keeping.past import look
from state.model import task as t
from state.model.control import Control
from state.model.reason import Reason
from state.store import Store
from tests.making import ManualClock, a_task

WHY = Reason(actor="test", action="set_up", why="the scene of a test")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return create_workspace(tmp_path)


def test_the_latest_form_before_is_found_over_days(workspace: Workspace) -> None:
    """However many lines and segments lie between, the form that the entry replaced is the one that is returned."""
    clock = ManualClock()
    first, second = a_task("tidy"), a_task("tidy", title="Other")
    held = msgspec.structs.replace(second, state=t.Held(findings=()))
    with Store.open(workspace, clock) as store:
        store.commit([first], WHY)
        clock.forward(86_400)
        store.commit([second, a_task("late")], WHY)
        clock.forward(86_400)
        store.commit([Control(paused=True)], WHY)
        store.commit([held, a_task("fresh")], WHY)
        store.commit([Control()], WHY)
        store.commit([first], WHY)
    past = look(workspace.journal, 4)
    assert past is not None
    assert past.entry.records == (held, a_task("fresh"))
    assert past.before == {("tasks", "tidy"): second}
    assert (past.unknown, past.later) == ((), {("tasks", "tidy"): 6})


def test_what_is_not_there_is_none(workspace: Workspace) -> None:
    """A number beyond the end, and zero."""
    with Store.open(workspace, ManualClock()) as store:
        store.commit([a_task("tidy")], WHY)
    assert look(workspace.journal, 2) is None
    assert look(workspace.journal, 0) is None


def test_forms_in_lines_that_are_gone_are_said_to_be_unknown(workspace: Workspace) -> None:
    """Where the oldest segments were taken out, nobody can tell what was there before."""
    clock = ManualClock()
    with Store.open(workspace, clock) as store:
        store.commit([a_task("tidy")], WHY)
        clock.forward(86_400)
        store.commit([a_task("tidy", title="Other")], WHY)
    min(workspace.journal.glob("*.jsonl")).unlink()
    past = look(workspace.journal, 2)
    assert past is not None and past.unknown == (("tasks", "tidy"),)


def test_damage_is_never_looked_past(workspace: Workspace) -> None:
    """Behind a line that cannot be read nothing is believed."""
    clock = ManualClock()
    with Store.open(workspace, clock) as store:
        for title in ("One", "Two", "Three"):
            store.commit([a_task("tidy", title=title)], WHY)
    [segment] = workspace.journal.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join([lines[0], b"nonsense\n", lines[2]]))
    past = look(workspace.journal, 3)
    assert past is not None and past.unknown == (("tasks", "tidy"),)
    assert look(workspace.journal, 1) is None
