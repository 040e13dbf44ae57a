"""The captain's word against a decision of the engine's: each kind of decision with what reverses it."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from engine.desk.back.undoing import Undoing, leaves
from engine.desk.common import Common, Handlers, Refused
from state.keeping.past import Past
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.breaker import Breaker
from state.model.brakes.veto import Veto
from state.model.control import Control
from state.model.mode import Mode
from state.model.moves import move_build, move_task
from state.model.reason import ENGINE
from state.model.view import Record
from state.model.when.schedule import ScheduleState

SEEN = "it decided nothing: it wrote down what it saw"
FINAL: Mapping[str, str] = MappingProxyType(
    {
        "kill_decided": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "kill_carried_out": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "build_killed": "what was killed is gone: `midwatch retry {label}` builds it anew",
        "build_lost": "nobody knows how it ended: `midwatch retry {label}` builds it anew",
        "compensated": "what was taken back outside cannot be done again from here",
        "undone": "the undo was asked for by an operator: `midwatch retry {label}` builds it anew",
        "would_start": "nothing was carried out: `midwatch deny {label}` keeps it from starting",
        "signal_asked": "`midwatch deny signal:ID` closes its question",
        "signal_logged": SEEN,
        "signal_set_aside": SEEN,
        "build_stalled": SEEN,
        "anomaly_seen": SEEN,
        "build_noted": SEEN,
        "result_collected": SEEN,
        "verified": SEEN,
        "action_reported": SEEN,
    }
)
"""Decisions that nothing reverses, and what helps instead; for all others that are not known it is said in general."""

MEANS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ("build_decided", "workspace_ready", "build_started", "verify_started", "merge_started"),
            "{build} is killed, or taken back where it has merged by now. {label} starts again only when you approve.",
        ),
        **dict.fromkeys(
            ("merged", "build_done"),
            "What {build} left is taken back: a merge by a commit that reverts it. "
            "{label} starts again only when you approve.",
        ),
        **dict.fromkeys(("task_held", "approval_asked", "build_held"), "{label} goes on, as if you had approved it."),
        **dict.fromkeys(("review_asked", "merge_blocked"), "The diff of {label} is merged, as if you had approved it."),
        **dict.fromkeys(("task_released", "signal_queued"), "{label} starts only when you approve."),
        "build_failed": "{label} is not tried again.",
        "build_given_up": "{label} is tried again.",
        **dict.fromkeys(("window_closed", "build_stopped"), "{label} starts anew and does not wait for its window."),
        "schedule_started": "The run is ended; what it did until now is done.",
        **dict.fromkeys(("schedule_missed", "schedule_would_run"), "The schedule runs now."),
        "context_changed": "The context is again what it was before.",
        **dict.fromkeys(
            ("observe_begun", "observe_prolonged", "mode_kept"), "What is decided from now on is carried out."
        ),
        "live_begun": "What is decided from now on is only written down.",
        "breaker_opened": "Builds start there again, without one that tries first.",
        "deciding_failed": "Things start again.",
    }
)
"""By the action of the entry, what it means to overrule it; what is not named here stands."""


class Overriding:
    """Reverses a decision by the ordinary commands, and remembers the veto where it is about a task."""

    def __init__(self, at: Common, undoing: Undoing, others: Handlers) -> None:
        """`others` are the handlers of the ordinary commands."""
        self.at = at
        self._undoing = undoing
        self._others = others
        self.handlers: Handlers = {c.CaptainOverride: self._override}
        self.reversals: Mapping[str, Callable[[Past, str, str], str]] = MappingProxyType(
            {
                **dict.fromkeys(("build_decided", "workspace_ready", "build_started"), self._unstart),
                **dict.fromkeys(("verify_started", "merge_started", "merged", "build_done"), self._unstart),
                **dict.fromkeys(("task_held", "approval_asked", "build_held"), self._approve),
                **dict.fromkeys(("review_asked", "merge_blocked"), self._approve),
                **dict.fromkeys(("task_released", "signal_queued"), self._ask_again),
                "build_failed": self._give_up,
                "build_given_up": self._retry,
                **dict.fromkeys(("window_closed", "build_stopped"), self._spawn),
                "schedule_started": self._stop_schedule,
                **dict.fromkeys(("schedule_missed", "schedule_would_run"), self._run_schedule),
                "context_changed": self._context,
                **dict.fromkeys(("observe_begun", "observe_prolonged", "mode_kept"), self._go_live),
                "live_begun": self._observe,
                "breaker_opened": self._reset_breaker,
                "deciding_failed": self._resume,
            }
        )
        """By the action of the entry, what reverses it; each raises Refused before it stages anything."""

    def _override(self, command: c.CaptainOverride, actor: str) -> str:
        past = self._undoing.past(command.seq)
        reason = past.entry.reason
        if reason.actor != ENGINE:
            raise Refused(f"entry {command.seq} was no decision of the engine's: `midwatch undo {command.seq}`")
        reverse = self.reversals.get(reason.action)
        if reverse is None:
            way = FINAL.get(reason.action, "nothing reverses that")
            raise Refused(f"entry {command.seq} ({reason.action}) stands: {way.format(label=reason.label or 'LABEL')}")
        return reverse(past, actor, command.why)

    def _unstart(self, past: Past, actor: str, why: str) -> str:
        """Kill what runs, refuse what waits, take back what was merged; it starts again only with a yes."""
        build = self._build(past)
        task = self.at.task(build.label)
        if isinstance(build.state, b.Delivering):
            raise Refused(f"{build.id} is being merged at this moment: override it again when that is over")
        now = self.at.clock.now()
        if isinstance(build.state, b.Reviewing):
            text = f"overruled: {why or 'a veto'}"
            over = move_build(build, b.Finished(ending="killed", text=text, at=now), ended_at=now)
            over = msgspec.structs.replace(over, delivered=b.Check(result=b.Result.NO, text=text, at=now))
            answered = self.at.questions.answer(task.label, "overruled", now)
            waiting = move_task(self._vetoed(task, past, actor), t.Queued())
            judged, asked = self.at.judged(waiting, now)
            self._stage([judged, over, *answered, *asked], past, actor, why)
            return f"{build.id} is set aside; {judged.label} starts again only when you approve"
        if not build.over:
            killed = msgspec.structs.replace(build, kill_by=actor)
            self._stage([killed, self._vetoed(task, past, actor, build.id)], past, actor, why)
            return f"killing {build.id}; {task.label} starts again only when you approve"
        told = f"{build.id} is over and left nothing to take back"
        if leaves(build) and build.reverted.result is not b.Result.YES:
            told = self._undoing.take_back(build, actor, self._why(past, why))
        self._stage([self._vetoed(self.at.task(build.label), past, actor)], past, actor, why)
        return told

    def _approve(self, past: Past, actor: str, why: str) -> str:
        task = self.at.task(past.entry.reason.label)
        build = self.at.store.builds.get(task.build)
        digest = task.spec.digest
        if build is not None and build.hold is not None and not build.over:
            digest = build.hold.digest
        elif isinstance(task.state, t.AwaitingReview):
            digest = task.state.digest
        return self._order(c.Approve(label=task.label, digest=digest, why=self._why(past, why)), past, actor, why)

    def _ask_again(self, past: Past, actor: str, why: str) -> str:
        task = self.at.task(past.entry.reason.label)
        if not isinstance(task.state, t.Queued | t.Held | t.AwaitingApproval):
            raise Refused(f"{task.label} is {task.state_name} by now: overrule the entry of that decision")
        judged, asked = self.at.judged(self._vetoed(task, past, actor), self.at.clock.now())
        self._stage([judged, *asked], past, actor, why)
        return f"{task.label} starts only when you approve"

    def _give_up(self, past: Past, actor: str, why: str) -> str:
        task = self.at.task(past.entry.reason.label)
        if not isinstance(task.state, t.Retrying):
            raise Refused(f"{task.label} is {task.state_name} by now: overrule the entry of that decision")
        now = self.at.clock.now()
        failed = t.Failed(build=past.entry.reason.build, text=f"{task.state.text}; not tried again: overruled", at=now)
        self._stage([move_task(self._vetoed(task, past, actor), failed)], past, actor, why)
        return f"{task.label} is not tried again: `midwatch retry {task.label}` does"

    def _retry(self, past: Past, actor: str, why: str) -> str:
        return self._order(c.Retry(label=past.entry.reason.label, why=self._why(past, why)), past, actor, why)

    def _spawn(self, past: Past, actor: str, why: str) -> str:
        """What was stopped is gone; it starts anew at once, whatever its window."""
        task = self.at.task(past.entry.reason.label)
        if not isinstance(task.state, t.Queued):
            raise Refused(f"{task.label} is {task.state_name}: only what waits for its window starts without it")
        yes = t.Approval(by=actor, at=self.at.clock.now(), digest=task.spec.digest)
        self._stage([msgspec.structs.replace(task, forced=True, approval=yes)], past, actor, why)
        return f"{task.label} does not wait for its window"

    def _stop_schedule(self, past: Past, actor: str, why: str) -> str:
        name = self._schedule(past)
        if self.at.store.schedules[name].running is None:
            raise Refused(f"the run of {name} is over: what it did is done")
        self._stage([], past, actor, why)
        return f"the run of {name} is being ended"

    def _run_schedule(self, past: Past, actor: str, why: str) -> str:
        return self._order(c.RunSchedule(name=self._schedule(past), why=self._why(past, why)), past, actor, why)

    def _context(self, past: Past, actor: str, why: str) -> str:
        before = past.before.get(("control", "control"), Control())
        assert isinstance(before, Control), "what lies in that table is nothing else"
        return self._order(c.SetContext(context=before.context, why=self._why(past, why)), past, actor, why)

    def _go_live(self, past: Past, actor: str, why: str) -> str:
        return self._order(c.SetMode(mode=Mode.LIVE, why=self._why(past, why)), past, actor, why)

    def _observe(self, past: Past, actor: str, why: str) -> str:
        return self._order(c.SetMode(mode=Mode.OBSERVE, why=self._why(past, why)), past, actor, why)

    def _resume(self, past: Past, actor: str, why: str) -> str:
        return self._order(c.Pause(on=False, why=self._why(past, why)), past, actor, why)

    def _reset_breaker(self, past: Past, actor: str, why: str) -> str:
        key = next(record.key for record in past.entry.records if isinstance(record, Breaker))
        return self._order(c.ResetBreaker(key=key, why=self._why(past, why)), past, actor, why)

    def _order(self, command: c.Command, past: Past, actor: str, why: str) -> str:
        """Reverse by an ordinary command, which may refuse, and write the veto down beside it."""
        told = self._others[type(command)](command, actor)
        self._stage([], past, actor, why)
        return told

    def _build(self, past: Past) -> b.Build:
        build = self.at.store.builds.get(past.entry.reason.build)
        if build is None:
            raise Refused(f"the build of entry {past.entry.seq} is not on record any more")
        return build

    @staticmethod
    def _schedule(past: Past) -> str:
        return next(record.name for record in past.entry.records if isinstance(record, ScheduleState))

    def _vetoed(self, task: t.Task, past: Past, actor: str, build: str = "") -> t.Task:
        """Return a task with the veto, and without the yes that led to the decision."""
        entry = past.entry
        veto = Veto(
            action=entry.reason.action,
            seq=entry.seq,
            digest=task.spec.digest,
            by=actor,
            at=self.at.clock.now(),
            build=build,
        )
        return msgspec.structs.replace(task, veto=veto, approval=None, forced=False)

    def _stage(self, records: list[Record], past: Past, actor: str, why: str) -> None:
        reason = past.entry.reason
        self.at.stage(
            records, actor, "decision_overruled", self._why(past, why), label=reason.label, build=reason.build
        )

    @staticmethod
    def _why(past: Past, why: str) -> str:
        return f"overrules entry {past.entry.seq} ({past.entry.reason.action})" + (f": {why}" if why else "")
