"""Each kind of decision is reversed by what reverses it, and the veto is remembered."""

from collections.abc import Callable

import msgspec
import pytest

from engine.desk.back.overriding import FINAL, MEANS
from engine.desk.desk import Desk
from engine.policy.gate import judge_spec
from engine.policy.moment import vetoed
from state.journal import read
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.breaker import Breaker, Closed, Open
from state.model.brakes.hold import Hold
from state.model.control import Control
from state.model.mode import Mode, Observation
from state.model.reason import ENGINE, Reason
from state.model.verdict import Finding, Stance
from state.model.view import Record
from state.model.when.context import Context
from state.model.when.schedule import Run, Schedule, ScheduleState
from state.settings import Settings
from tests.engine.desk.asking import SETUP, ask, desk
from tests.making import NOON, a_build, a_spec, a_task

__all__ = ["desk"]

FOUND = (Finding(rule="budget", verdict=Stance.ASK, text="dear"),)
WISH = a_spec("tidy", category=t.Category.NEW_FEATURE)
RUNNING = b.Running(token="t", pid=1, start_ticks=1, boot="b")
MERGED = b.Finished(ending="done", text="merged", at=NOON)
YES = b.Check(result=b.Result.YES, text="merged into main as 0123456789ab")
NIGHTLY = Schedule(name="nightly", cron="@daily", run="status")
RUN = Run(slot=NOON, by=ENGINE, started_at=NOON)


def tidy(state: t.TaskState, **changes: object) -> t.Task:
    return a_task("tidy", state, category=t.Category.NEW_FEATURE, **changes)


def yes() -> t.Approval:
    return t.Approval(by="operator:ada", at=NOON, digest=WISH.digest)


def done() -> list[Record]:
    build = a_build("tidy-1", MERGED, repo="/code", branch="main", delivered=YES, merged="0123456789ab")
    return [tidy(t.Done(build="tidy-1", note="merged", at=NOON), approval=yes()), build]


def building() -> list[Record]:
    return [tidy(t.Building(build="tidy-1"), approval=yes()), a_build("tidy-1", RUNNING)]


def held() -> list[Record]:
    hold = Hold(figure="files", used=11, limit=10, text="too many", since=NOON)
    return [tidy(t.Building(build="tidy-1")), a_build("tidy-1", RUNNING, hold=hold)]


def reviewing() -> list[Record]:
    build = a_build("tidy-1", b.Reviewing(digest="d1"), digest="d1")
    return [tidy(t.AwaitingReview(build="tidy-1", digest="d1"), approval=yes()), build]


Check = Callable[[Desk], bool]


def task_is(state: str) -> Check:
    return lambda desk: desk.common.store.tasks["tidy"].state_name == state


def is_killed(desk: Desk) -> bool:
    return desk.common.store.builds["tidy-1"].kill_by == "operator:ada"


def is_taken_back(desk: Desk) -> bool:
    return desk.common.store.builds["tidy-1"].reversal is not None


def asked_to_run(desk: Desk) -> bool:
    return desk.common.store.schedules["nightly"].asked_by == "operator:ada"


def mode_is(mode: Mode) -> Check:
    return lambda desk: desk.common.store.control.mode is mode


def breaker_is_closed(desk: Desk) -> bool:
    return all(isinstance(breaker.state, Closed) for breaker in desk.common.store.breakers.values())


OBSERVING = Control(observation=Observation(since=NOON, by=ENGINE))
OPEN = Breaker(runner="command", repo="/code", state=Open(since=NOON, until=NOON), failures=5, text="failed")
AWAY = Control(context=Context.AWAY)

TABLE: dict[str, tuple[list[Record], Check]] = {
    "build_decided": (building(), is_killed),
    "build_started": (building(), is_killed),
    "workspace_ready": (building(), is_killed),
    "verify_started": (building(), is_killed),
    "merge_started": (done(), is_taken_back),
    "merged": (done(), is_taken_back),
    "build_done": (done(), is_taken_back),
    "task_held": ([tidy(t.Held(findings=FOUND))], task_is("queued")),
    "approval_asked": ([tidy(t.AwaitingApproval(findings=FOUND))], task_is("queued")),
    "review_asked": (reviewing(), lambda desk: desk.common.store.builds["tidy-1"].approved),
    "merge_blocked": (reviewing(), lambda desk: desk.common.store.builds["tidy-1"].approved),
    "task_released": ([tidy(t.Queued(), approval=yes())], task_is("awaiting_approval")),
    "signal_queued": ([tidy(t.Queued(), approval=yes())], task_is("awaiting_approval")),
    "build_failed": ([tidy(t.Retrying(at=NOON, text="exit code 1"))], task_is("failed")),
    "build_given_up": ([tidy(t.Failed(build="", text="x", at=NOON), approval=yes())], task_is("queued")),
    "window_closed": ([tidy(t.Queued())], lambda desk: desk.common.store.tasks["tidy"].forced),
    "build_stopped": ([tidy(t.Queued())], lambda desk: desk.common.store.tasks["tidy"].forced),
    "schedule_started": ([ScheduleState(name="nightly", running=RUN)], lambda desk: True),
    "schedule_missed": ([ScheduleState(name="nightly")], asked_to_run),
    "schedule_would_run": ([ScheduleState(name="nightly")], asked_to_run),
    "context_changed": ([AWAY], lambda desk: desk.common.store.control.override.context is Context.AVAILABLE),
    "observe_begun": ([OBSERVING], mode_is(Mode.LIVE)),
    "observe_prolonged": ([OBSERVING], mode_is(Mode.LIVE)),
    "mode_kept": ([OBSERVING], mode_is(Mode.LIVE)),
    "live_begun": ([Control()], mode_is(Mode.OBSERVE)),
    "breaker_opened": ([OPEN], breaker_is_closed),
    "deciding_failed": ([Control(paused=True)], lambda desk: not desk.common.store.control.paused),
    "build_held": (held(), lambda desk: desk.common.store.builds["tidy-1"].hold is None),
}


def decided(desk: Desk, action: str, records: list[Record]) -> int:
    """Write a decision of the engine's down and return its number."""
    desk.common.orders.settings = Settings(schedules={"nightly": NIGHTLY})
    about = next((record.label for record in records if isinstance(record, t.Task)), "")
    build = next((record.id for record in records if isinstance(record, b.Build)), "tidy-1" if about else "")
    desk.common.store.commit(records, Reason(actor=ENGINE, action=action, why="w", label=about, build=build))
    return desk.common.store.number


@pytest.mark.parametrize("action", TABLE)
def test_each_decision_is_reversed(desk: Desk, action: str) -> None:
    """What the decision did is the other way round, by the operator, with the entry named in the reason."""
    records, holds = TABLE[action]
    seq = decided(desk, action, records)
    reply = ask(desk, c.CaptainOverride(seq=seq, why="not tonight"))
    assert reply.ok, reply.text
    assert holds(desk)
    desk.common.store.flush()
    last = next(read(desk.common.store.workspace.journal, newest_first=True, limit=1))
    assert (last.actor, last.action) == ("operator:ada", "decision_overruled")
    assert f"overrules entry {seq} ({action}): not tonight" in last.why


def test_the_table_is_whole(desk: Desk) -> None:
    """No kind of decision has a reversal that is not shown here and told in words, none is both reversed and final."""
    assert set(desk._handlers[c.CaptainOverride].__self__.reversals) == set(TABLE)  # type: ignore[attr-defined]
    assert set(MEANS) == set(TABLE)
    assert not set(TABLE) & set(FINAL)


@pytest.mark.parametrize("action", ["build_decided", "merged", "task_released", "build_failed"])
def test_the_same_is_not_decided_again_without_asking(desk: Desk, action: str) -> None:
    """The veto asks as long as the spec is the same; a yes given afterwards answers it, an older one does not."""
    seq = decided(desk, action, TABLE[action][0])
    ask(desk, c.CaptainOverride(seq=seq))
    task = desk.common.store.tasks["tidy"]
    assert task.veto is not None and (task.veto.seq, task.veto.action, task.veto.by) == (seq, action, "operator:ada")
    assert task.approval is None and not task.forced
    plain = msgspec.structs.replace(task, state=t.Queued())
    [finding] = [found for found in judge_spec(plain, desk.common.rules).against if found.rule == vetoed.RULE]
    assert finding.verdict is Stance.ASK and f"entry {seq}" in finding.text
    agreed = msgspec.structs.replace(plain, approval=yes())
    assert judge_spec(agreed, desk.common.rules).stance is Stance.ALLOW
    other = msgspec.structs.replace(plain, spec=msgspec.structs.replace(plain.spec, hours=2.0))
    assert not [found for found in judge_spec(other, desk.common.rules).against if found.rule == vetoed.RULE]


def test_what_waits_for_review_is_set_aside(desk: Desk) -> None:
    """A start that was overruled when its build waits already ends it, and asks before the next."""
    seq = decided(desk, "build_decided", reviewing())
    assert ask(desk, c.CaptainOverride(seq=seq)).ok
    assert desk.common.store.builds["tidy-1"].over
    assert desk.common.store.tasks["tidy"].state_name == "awaiting_approval"


def test_a_merge_is_never_cut(desk: Desk) -> None:
    """While the branch moves the answer is to wait a moment."""
    build = a_build("tidy-1", b.Delivering(old="a", new="b"))
    seq = decided(desk, "merge_started", [tidy(t.Verifying(build="tidy-1")), build])
    reply = ask(desk, c.CaptainOverride(seq=seq))
    assert not reply.ok and "being merged" in reply.text
    assert not desk.common.store.builds["tidy-1"].kill_by


@pytest.mark.parametrize("action", [*FINAL, "something_else"])
def test_what_nothing_reverses_says_so(desk: Desk, action: str) -> None:
    """Nothing is staged, and the words say why, or what helps."""
    seq = decided(desk, action, [a_task("tidy")])
    reply = ask(desk, c.CaptainOverride(seq=seq))
    assert not reply.ok and "stands" in reply.text and "{" not in reply.text
    assert desk.common.store.number == seq


def test_only_the_engines_decisions_are_overruled(desk: Desk) -> None:
    """An operator's own entry is taken back by undo."""
    desk.common.store.commit([Control(paused=True)], SETUP)
    reply = ask(desk, c.CaptainOverride(seq=1))
    assert not reply.ok and "midwatch undo 1" in reply.text


@pytest.mark.parametrize(
    ("action", "records"),
    [
        ("task_released", [tidy(t.Done(build="tidy-1", note="", at=NOON))]),
        ("build_failed", [tidy(t.Queued())]),
        ("window_closed", [tidy(t.AwaitingApproval(findings=FOUND))]),
        ("schedule_started", [ScheduleState(name="nightly")]),
        ("build_given_up", [tidy(t.Queued())]),
    ],
)
def test_what_has_gone_on_is_not_reversed_blindly(desk: Desk, action: str, records: list[Record]) -> None:
    """Where the task or the run is elsewhere by now, nothing is done and the words say so."""
    seq = decided(desk, action, records)
    reply = ask(desk, c.CaptainOverride(seq=seq))
    assert not reply.ok and desk.common.store.number == seq
