"""Facts gathered from a view."""

import pytest

from engine.facts import gather, rules_of
from state.model import build as b
from state.model.control import Control
from state.model.view import EngineInfo, View
from state.model.when.context import Context, Situation
from state.settings import QueueSettings, SandboxKind, Settings, TaskSettings
from state.settings.values import TimeSettings
from state.settings.windows import BUILT_IN
from tests.making import NOON, a_build, a_task


def test_builds_that_wait_for_the_operator_give_their_slot_back() -> None:
    """A running build occupies a slot and its paths; one that waits for review does not."""
    tasks = {label: a_task(label, repo="/r", paths=("src/",)) for label in ("a", "b")}
    running = a_build("a-1", b.Running(token="t", pid=1, start_ticks=1, boot=""))
    reviewing = a_build("b-1", b.Reviewing(digest="d"))
    view = View(at=NOON, tasks=tasks, builds={"a-1": running, "b-1": reviewing})
    facts = gather(view, Settings(queue=QueueSettings(slots=3)), NOON)
    assert facts.slots == 3
    assert [(active.build, active.repo, active.paths) for active in facts.active] == [("a-1", "/r", ("src/",))]


def test_the_stop_file_counts_even_when_the_record_does_not_know_of_it() -> None:
    """Stopped means: by the journal or by the file."""
    settings = Settings()
    assert not gather(View(at=NOON), settings, NOON).stopped
    assert gather(View(at=NOON, engine=EngineInfo(stop_file=True)), settings, NOON).stopped
    assert gather(View(at=NOON, control=Control(stopped=True)), settings, NOON).stopped


def test_rules_name_what_the_settings_let_run_without_a_sandbox() -> None:
    """Only tasks whose own settings say so may run without a sandbox."""
    settings = Settings(tasks={"a": TaskSettings(sandbox=SandboxKind.NONE), "b": TaskSettings()})
    assert rules_of(settings).unsandboxed == frozenset({"a"})


@pytest.mark.parametrize(
    ("situation", "slots", "why"),
    [
        (None, 2, ""),
        (Situation(slots=2), 2, ""),
        (Situation(slots=0, context=Context.MEETING, why="the calendar has 'x'"), 0, "meeting: the calendar has 'x'"),
        (Situation(slots=0, trouble="the calendar cannot be read"), 0, "the calendar cannot be read"),
        (Situation(slots=1, context=Context.WORKING, why="w", trouble="old calendar"), 1, "working: w"),
    ],
)
def test_the_kind_of_time_decides_on_the_slots(situation: Situation | None, slots: int, why: str) -> None:
    """As many as the context allows, with the reason where that is not what the settings say for any time."""
    facts = gather(View(at=NOON, engine=EngineInfo(situation=situation)), Settings(), NOON)
    assert (facts.slots, facts.slots_why) == (slots, why)


def test_windows_of_the_settings_become_spans() -> None:
    """Without windows there are no spans; with them those of two weeks, by the operator's clock."""
    assert gather(View(at=NOON), Settings(), NOON).spans == ()
    settings = Settings(windows=BUILT_IN, time=TimeSettings(zone="America/Chicago"))
    spans = gather(View(at=NOON), settings, NOON).spans
    assert (spans[0].window.name, spans[0].closes_at.hour) == ("overnight", 13)
    assert (spans[-1].closes_at - NOON).days >= 14
    rules = rules_of(settings)
    assert rules.windows == tuple(BUILT_IN.values()) and str(rules.zone) == "America/Chicago"
