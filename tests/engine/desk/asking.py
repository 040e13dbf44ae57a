"""A desk over a fresh store, and how to ask it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.desk.desk import Desk
from engine.questions import Questions
from state.files import create_workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.reason import Reason
from state.settings import Settings
from state.store import Store
from tests.making import NOON, ManualClock, a_build, a_task

SETUP = Reason(actor="test", action="set_up", why="the scene of a test")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk over a fresh store."""
    clock = ManualClock()
    with Store.open(create_workspace(tmp_path), clock) as store:
        yield Desk(store, Settings(), clock, Questions(store))


def ask(desk: Desk, command: c.Command) -> c.Reply:
    return desk.handle(c.Request(actor="operator:ada", command=command))


def state_of(desk: Desk, label: str) -> str:
    return desk.common.store.tasks[label].state_name


def questions(desk: Desk, label: str) -> list[tuple[str, str]]:
    return [(q.type.value, q.answer) for q in desk.common.store.escalations.values() if q.label == label]


def under_review(desk: Desk, **changes: Any) -> None:
    """Put a task with a verified build before the operator."""
    build = a_build("tidy-1", b.Reviewing(digest="d1"), digest="d1", **changes)
    desk.common.store.stage([a_task("tidy", t.AwaitingReview(build="tidy-1", digest="d1")), build], SETUP)
    task = desk.common.store.tasks["tidy"]
    question = desk.common.questions.ask(EscalationKind.REVIEW_NEEDED, task, "look", NOON, build="tidy-1", digest="d1")
    desk.common.store.stage([question], SETUP)
