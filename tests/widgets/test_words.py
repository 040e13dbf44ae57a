"""Every state has its symbol and its word."""

from datetime import timedelta
from typing import get_args

import pytest

from state.model import build as b
from state.model import task as t
from state.model.escalation import EscalationKind, Urgency
from state.model.verdict import Stance
from tests.making import NOON, a_build, a_task
from widgets import words
from widgets.cells import Tone
from widgets.words import _BUILD, _TASK


def test_no_state_is_forgotten() -> None:
    """Each member of each union and enum can be shown."""
    assert set(_TASK) == set(get_args(t.TaskState))
    assert set(_BUILD) == set(get_args(b.BuildState))
    assert all(words.urgency(each).text for each in Urgency)
    assert all(words.stance(each).text for each in Stance)
    assert all(words.check(each).text for each in b.Result)
    assert all(words.question(each) for each in EscalationKind)


def test_states_are_told_apart_without_colour() -> None:
    """No two states of a task look the same once the colour is gone."""
    texts = [cell.text for cell in _TASK.values()]
    assert len(set(texts)) == len(texts)


def test_retry_says_when() -> None:
    """A task that will be tried again says at what time."""
    at = NOON + timedelta(minutes=7)
    cell = words.task_state(a_task("x", t.Retrying(at=at, text="failed")))
    assert cell.text.endswith(at.astimezone().strftime("%H:%M"))


@pytest.mark.parametrize(
    ("ending", "text", "tone"),
    [("done", "✓ done", Tone.GOOD), ("failed", "✗ failed", Tone.BAD), ("killed", "✗ killed", Tone.DIM)],
)
def test_finished_build_says_how(ending: str, text: str, tone: Tone) -> None:
    """A finished build says how it ended."""
    build = a_build("x-1", b.Finished(ending=ending, text="", at=NOON))
    assert words.build_state(build) == (text, tone)


@pytest.mark.parametrize(("percent", "text"), [(0, "░░░░"), (50, "██░░"), (100, "████"), (250, "████"), (-3, "░░░░")])
def test_bar(percent: int, text: str) -> None:
    """A bar is as full as its percentage and never overflows."""
    assert words.bar(percent, 4) == text
