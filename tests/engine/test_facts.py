"""Facts gathered from a view."""

from engine.facts import gather, rules_of
from state.model import build as b
from state.model.control import Control
from state.model.view import EngineInfo, View
from state.settings import QueueSettings, SandboxKind, Settings, TaskSettings
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
