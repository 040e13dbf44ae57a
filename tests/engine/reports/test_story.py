"""Tests of engine.reports.story."""

from pathlib import Path

import pytest

from engine.reports import story
from state.files import Workspace, create_workspace
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.reason import Reason
from state.store import Store
from tests.making import NOON, ManualClock, a_task

TOLD = (
    ("task_added", "tidy", "", "asked for"),
    ("stop_engaged", "", "", "smoke"),
    ("build_decided", "tidy", "tidy-1", "allowed"),
    ("build_decided", "other", "other-1", "allowed"),
    ("build_failed", "tidy", "tidy-1", "exit 1"),
    ("schedule_started", "", "", "brief: due"),
    ("build_decided", "tidy", "tidy-2", "allowed"),
    ("stop_released", "", "", "out"),
    ("schedule_done", "", "", "brief: the run for now"),
    ("merged", "tidy", "tidy-2", "as abc"),
    ("schedule_started", "", "", "brief: due"),
    ("noted", "tidy", "", "later"),
    ("undone", "tidy", "tidy-2", "reverted as def"),
)  # fmt: skip

QUESTION = Escalation(id="e1", type=EscalationKind.BUILD_FAILED, priority=Urgency.HIGH, text="look", created_at=NOON)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = create_workspace(tmp_path)
    with Store.open(workspace, ManualClock()) as store:
        for action, label, build, why in TOLD:
            store.commit([], Reason(actor="engine", action=action, why=why, label=label, build=build))
    return workspace


@pytest.mark.parametrize(
    ("seq", "outcome"),
    [
        (1, [3, 5, 7, 10, 13]),
        (2, [8]),
        (3, [5]),
        (6, [9]),
        (7, [10, 13]),
        (11, []),
        (12, [13]),
        (10, [13]),
    ],
)
def test_what_came_of_an_entry(workspace: Workspace, seq: int, outcome: list[int]) -> None:
    """All on the same build; of a task to its end, and what took it back; of a stop its release; of a run its end."""
    told = story.story(workspace.journal, seq)
    assert told is not None
    assert [event.seq for event in told.outcome] == outcome


def test_a_story_tells_what_was_known_and_chosen(tmp_path: Path) -> None:
    """The first of the options is what was chosen; without options it is what was done."""
    workspace = create_workspace(tmp_path)
    reason = Reason(
        actor="engine",
        action="build_decided",
        why="all allow it",
        options=("start now", "wait"),
        known=(("clarity", "clear"),),
        confidence=0.75,
    )
    with Store.open(workspace, ManualClock()) as store:
        store.commit([a_task("tidy"), QUESTION], reason)
        store.commit([], Reason(actor="engine", action="context_changed", why="night"))
    told = story.story(workspace.journal, 1)
    assert told is not None
    assert (told.chosen, told.confidence) == ("start now", 0.75)
    assert told.known == (story.Fact(name="clarity", value="clear"),)
    assert told.changed[0] == story.Fact(name="task tidy", value="queued")
    assert told.changed[1].name == "question e1" and told.changed[1].value.startswith("asked: ")
    assert story.story(workspace.journal, 2).chosen == "context changed"
    assert story.story(workspace.journal, 3) is None


def test_a_task_and_a_build_are_told_whole(workspace: Workspace) -> None:
    """Every entry on it, and on nothing whose name only holds its name."""
    assert [told.seq for told in story.whole(workspace.journal, "tidy")] == [1, 3, 5, 7, 10, 12, 13]
    assert [told.seq for told in story.whole(workspace.journal, "tidy-2")] == [7, 10, 13]
    assert story.whole(workspace.journal, "ti") == []
