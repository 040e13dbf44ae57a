"""What came of a build is written down for the build, its task and the operator in one entry."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.builds.outcome import Outcome
from engine.hall import Hall
from engine.work.sandbox import Machine
from state.files import create_workspace
from state.journal import Entry
from state.model import build as b
from state.model import task as t
from state.model.brakes.veto import Veto
from state.model.escalation import EscalationKind, Urgency
from state.model.moves import IllegalMove
from state.settings import RetrySettings, Settings
from state.store import Store
from tests.engine.engines import SETUP, building
from tests.making import NOON, ManualClock, a_task


class Scene:
    """A build in a state, and what is written about it."""

    def __init__(self, hall: Hall) -> None:
        self.hall = hall
        self.outcome = Outcome(hall, "tidy-1")
        self.entries: list[Entry] = []
        hall.store.listeners.append(self.entries.append)

    def begin(self, state: b.BuildState, **changes: Any) -> None:
        self.hall.store.stage(building(state, **changes), SETUP)
        self.entries.clear()

    @property
    def task(self) -> t.Task:
        return self.hall.task("tidy")

    @property
    def build(self) -> b.Build:
        return self.hall.build("tidy-1")

    def questions(self) -> list[tuple[EscalationKind, bool]]:
        return [(question.type, question.open) for question in self.hall.store.escalations.values()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    workspace, clock = create_workspace(tmp_path), ManualClock()
    with Store.open(workspace, clock) as store:
        settings = Settings(retry=RetrySettings(times=1, wait_s=60))
        yield Scene(Hall(workspace, store, settings, clock, Machine(), lambda: None, lambda _: None))


RUNNING = b.Running(token="t", pid=1, start_ticks=1, boot="")
ENDINGS: dict[str, tuple[Callable[[Outcome], None], b.BuildState, str, str]] = {
    "done": (lambda o: o.done("no changes"), b.Checking(candidate=""), "done", "done"),
    "delivered": (lambda o: o.delivered("c" * 40), b.Delivering(old="a", new="c" * 40), "done", "done"),
    "killed": (lambda o: o.killed("killed by ada"), RUNNING, "killed", "killed"),
    "unknown": (lambda o: o.unknown("gone"), RUNNING, "unknown", "unknown"),
    "failed": (lambda o: o.failed("exit code 1"), RUNNING, "failed", "retrying"),
    "given up": (lambda o: o.failed("exit code 1"), RUNNING, "failed", "failed"),
    "over limit": (lambda o: o.over_limit("disk_bytes", 9, 5), RUNNING, "failed", "retrying"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_an_end_is_one_entry_and_leaves_no_stale_question(scene: Scene, name: str) -> None:
    """Build and task end together; what was asked about the running build is closed, not left for ever."""
    end, state, ending, task_state = ENDINGS[name]
    scene.begin(state, task={"failures": 1 if name == "given up" else 0}.items(), branch="main")
    stalled = scene.hall.questions.ask(EscalationKind.BUILD_STALLED, scene.task, "silent", NOON, build="tidy-1")
    scene.hall.store.stage([stalled], SETUP)
    scene.entries.clear()
    end(scene.outcome)
    assert isinstance(scene.build.state, b.Finished) and scene.build.state.ending == ending
    assert scene.build.ended_at == NOON
    assert scene.task.state_name == task_state
    asks = {"unknown": EscalationKind.BUILD_UNKNOWN, "given up": EscalationKind.BUILD_FAILED}
    expected = [(EscalationKind.BUILD_STALLED, False), *([(asks[name], True)] if name in asks else [])]
    assert scene.questions() == expected
    (last,) = [entry for entry in scene.entries if entry.reason.action != "anomaly_seen"]
    assert {type(record) for record in last.records} >= {t.Task, b.Build}
    assert (last.reason.actor, last.reason.label, last.reason.build) == ("engine", "tidy", "tidy-1")


def test_a_merge_is_a_verdict_of_its_own(scene: Scene) -> None:
    """Delivered is said beside executed and verified, with where and as what."""
    scene.begin(b.Delivering(old="a", new="c" * 40), branch="main")
    scene.outcome.delivered("c" * 40)
    assert scene.build.delivered.result is b.Result.YES
    assert scene.build.delivered.text == "merged into main as cccccccccccc"
    assert scene.build.reverted.result is b.Result.NONE


def test_a_lost_build_is_urgent_and_its_count_of_failures_stays(scene: Scene) -> None:
    """Unknown is neither a failure nor a success."""
    scene.begin(RUNNING)
    scene.outcome.unknown("gone")
    assert scene.task.failures == 0
    (question,) = scene.hall.store.escalations.values()
    assert (question.priority, question.build) == (Urgency.HIGH, "tidy-1")


def test_a_silent_build_goes_on_and_is_asked_about_once(scene: Scene) -> None:
    """Each time it is silent again it is counted and measured, in the same question."""
    scene.begin(RUNNING)
    scene.outcome.stalled(14_400, 14_400)
    scene.outcome.stalled(28_800, 14_400)
    assert scene.build.state == RUNNING
    (question,) = scene.hall.store.escalations.values()
    assert question.count == 2 and "28,800 s" in question.text
    assert [anomaly.id for anomaly in scene.hall.store.anomalies.values()] == ["a1", "a2"]


def test_a_note_is_made_once(scene: Scene) -> None:
    """Said again it changes nothing."""
    scene.begin(RUNNING)
    for _ in range(2):
        scene.outcome.note("output was cut")
    assert scene.build.notes == ("output was cut",)
    assert len(scene.entries) == 1


@pytest.mark.parametrize(
    ("spec", "verified", "needed"),
    [
        ({}, b.Result.YES, False),
        ({}, b.Result.NONE, True),
        ({"category": t.Category.NEW_FEATURE}, b.Result.YES, True),
        ({"effects": (t.Effect.PRODUCTION,)}, b.Result.YES, True),
    ],
)
def test_who_must_see_the_diff(scene: Scene, spec: dict[str, Any], verified: b.Result, needed: bool) -> None:
    """Only what starts by itself, has no effect outside and was verified merges without the operator."""
    scene.begin(b.Checking(candidate="c"), task=spec.items(), verified=b.Check(result=verified))
    assert scene.outcome.needs_review() is needed


def test_a_task_with_a_standing_veto_is_reviewed(scene: Scene) -> None:
    """What was overruled once does not merge by itself; a yes to the task that is newer than the veto lets it."""
    spec = a_task("tidy").spec
    veto = Veto(action="merged", seq=1, digest=spec.digest, by="operator:ada", at=NOON)
    yes = t.Approval(by="operator:ada", at=NOON + timedelta(seconds=1), digest=spec.digest)
    for approval, needed in ((None, True), (yes, False)):
        task = {"veto": veto, "approval": approval}.items()
        scene.begin(b.Checking(candidate="c"), task=task, verified=b.Check(result=b.Result.YES))
        assert scene.outcome.needs_review() is needed


def test_what_is_overruled_goes_back_into_the_queue(scene: Scene) -> None:
    """Its build is killed, and the task waits for what the operator says of it."""
    veto = Veto(action="build_decided", seq=1, digest="d", by="operator:ada", at=NOON, build="tidy-1")
    for state in (RUNNING, b.Checking(candidate="")):
        scene.begin(state, task={"veto": veto}.items())
        scene.outcome.killed("killed by ada")
        assert (scene.task.state_name, scene.build.over) == ("queued", True)


def test_what_is_blocked_asks_once_and_what_is_free_again_asks_about_the_diff(scene: Scene) -> None:
    """The same obstacle is counted; when it is gone, its question is closed and the review is asked for."""
    scene.begin(b.Checking(candidate="c"), digest="d")
    scene.outcome.blocked("a.txt is in the way")
    scene.outcome.blocked("b.txt is in the way")
    assert isinstance(scene.task.state, t.AwaitingReview) and scene.task.state.blocked == "b.txt is in the way"
    assert scene.build.delivered.result is b.Result.PENDING
    assert scene.questions() == [(EscalationKind.DELIVERY_BLOCKED, True)]
    scene.outcome.ask_for_review()
    assert isinstance(scene.task.state, t.AwaitingReview) and scene.task.state.blocked == ""
    assert scene.questions() == [(EscalationKind.DELIVERY_BLOCKED, False), (EscalationKind.REVIEW_NEEDED, True)]
    assert {question.digest for question in scene.hall.store.escalations.values()} == {"d"}


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_over_cannot_end_again(scene: Scene, name: str) -> None:
    """A second end is a defect: nothing is written and no question is opened that was never recorded."""
    scene.begin(
        b.Finished(ending="killed", text="denied", at=NOON),
        task={"state": t.Killed(build="tidy-1", text="", at=NOON)}.items(),
    )
    for act in (ENDINGS[name][0], lambda o: o.blocked("x"), lambda o: o.ask_for_review()):
        with pytest.raises(IllegalMove):
            act(scene.outcome)
    assert [entry.reason.action for entry in scene.entries if entry.reason.action != "anomaly_seen"] == []
    assert scene.hall.questions.open_on("tidy") == ()
