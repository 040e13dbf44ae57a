"""Answers commands by changing the store: what needs no running process to be done."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from engine.clock import Clock
from engine.facts import rules_of
from engine.policy import observing
from engine.policy.blockers import cycle
from engine.policy.gate import judge_spec
from engine.policy.times import say, say_here
from engine.policy.words import WAITING
from engine.questions import Questions
from engine.rounds.orders import NotNow, Orders
from engine.rounds.recurring import first_slot
from engine.schedule.cron import CronError
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind
from state.model.mode import WITHDRAWN, Mode
from state.model.moves import move_build, move_task
from state.model.reason import Reason
from state.model.verdict import Stance, Verdict
from state.model.view import Record
from state.model.when.context import Override
from state.settings import Settings
from state.store import Store

USAGE = 2


_OBSERVES = "observe mode: nothing executes until `midwatch mode live`"
_NO_YES = "your yes is on record and does not count later: `midwatch mode live` asks again"


class Refused(Exception):
    """A command that cannot be obeyed as things stand; its text tells the operator why."""


class Desk:
    """The engine's front desk. It stages; whoever owns it flushes. Works with and without a running engine."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, questions: Questions) -> None:
        self.store = store
        self.questions = questions
        self.orders = Orders(store, settings)
        self._clock = clock
        self.rules = rules_of(settings)
        self._handlers: dict[type, Callable[..., str]] = {
            c.AddTasks: self._add,
            c.SpawnTask: self._spawn,
            c.Approve: self._approve,
            c.Deny: self._deny,
            c.Kill: self._kill,
            c.KillAll: self._kill_all,
            c.Arm: self._arm,
            c.Fail: self._fail,
            c.Retry: self._retry,
            c.Pause: self._pause,
            c.SetMode: self._set_mode,
            c.PauseSchedule: self._pause_schedule,
            c.RunSchedule: self._run_schedule,
            c.SetContext: self._set_context,
            c.ClearContext: self._clear_context,
            c.Present: lambda command, actor: "",
        }

    def handle(self, request: c.Request) -> c.Reply:
        """Stage what a command asks for, or refuse it in words; nothing is staged of a refused command."""
        try:
            text = self._handlers[type(request.command)](request.command, request.actor)
        except (Refused, NotNow) as refusal:
            return c.Reply(ok=False, text=str(refusal), code=1, number=self.store.number)
        return c.Reply(ok=True, text=text, number=self.store.number)

    def _add(self, command: c.AddTasks, actor: str) -> str:
        now = self._clock.now()
        self._refuse_bad_batch(command.specs)
        records: list[Record] = []
        told = []
        for spec in command.specs:
            slot = first_slot(spec, self.orders.settings, now)
            task = t.Task(spec=spec, state=t.Queued(), added_at=now, slot=slot)
            task, questions = self._judged(task, now)
            records += [task, *questions]
            told.append(f"{spec.label}: {task.state_name}")
        if not command.specs:
            raise Refused("nothing to add: the list of tasks is empty")
        names = ", ".join(spec.label for spec in command.specs[:5])
        self._stage(records, actor, "task_added", f"asked for: {names}", label=command.specs[0].label)
        return "\n".join(told)

    def _spawn(self, command: c.SpawnTask, actor: str) -> str:
        if self._observes:
            raise Refused(f"{_OBSERVES}, so nothing is built now; `midwatch add` puts it in the queue")
        self._refuse_bad_batch((command.spec,))
        now = self._clock.now()
        approval = t.Approval(by=actor, at=now, digest=command.spec.digest)
        task = t.Task(spec=command.spec, state=t.Queued(), added_at=now, forced=True, approval=approval)
        task, questions = self._judged(task, now)
        self._stage([task, *questions], actor, "task_spawned", "the operator asked for it now", label=task.label)
        return f"{task.label}: {task.state_name}"

    def _refuse_bad_batch(self, specs: Sequence[t.Spec]) -> None:
        seen: set[str] = set()
        problems = []
        for spec in specs:
            if spec.label in self.store.tasks or spec.label in seen:
                problems.append(f"{spec.label}: there is a task of this label already; choose another with --label")
            seen.add(spec.label)
        for spec in specs:
            for name in spec.depends:
                if name not in seen and name not in self.store.tasks:
                    problems.append(f"{spec.label}: depends on {name}, and there is no such task")
            problems += self._bad_cron(spec)
        if not problems:
            ring = cycle(specs, self.store.tasks)
            if ring:
                problems.append(f"the dependencies go round in a circle: {' -> '.join(ring)}")
        if problems:
            raise Refused("\n".join(problems))

    def _bad_cron(self, spec: t.Spec) -> list[str]:
        try:
            first_slot(spec, self.orders.settings, self._clock.now())
        except (CronError, ValueError) as error:
            return [f"{spec.label}: {error}"]
        return []

    def _approve(self, command: c.Approve, actor: str) -> str:
        task = self._task(command.label)
        now = self._clock.now()
        yes = t.Approval(by=actor, at=now, digest=command.digest)
        why = command.why or "approved by the operator"
        if isinstance(task.state, t.AwaitingReview):
            build = self.store.builds[task.state.build]
            self._refuse_stale(command.digest, task.state.digest, "the diff")
            build = msgspec.structs.replace(build, approval=yes)
            records: list[Record] = [build, *self.questions.answer(task.label, "approved", now)]
            records += observing.agreed(self.store.control, task.label)
            self._stage(records, actor, "merge_approved", why, label=task.label, build=build.id)
            if self._observes:
                return f"{task.label}: observe mode: nothing executes, so the diff is not merged; {_NO_YES}"
            return f"{task.label}: its diff is approved; it merges when it is the branch's turn"
        if isinstance(task.state, t.AwaitingApproval | t.Held):
            self._refuse_stale(command.digest, task.spec.digest, "the task")
            answered = self.questions.answer(task.label, "approved", now)
            task, asked = self._judged(msgspec.structs.replace(task, approval=yes), now)
            records = [task, *answered, *asked, *observing.agreed(self.store.control, task.label)]
            self._stage(records, actor, "start_approved", why, label=task.label)
            still = "; ".join(finding.text for finding in getattr(task.state, "findings", ()))
            if self._observes:
                besides = f" ({still})" if still else ""
                return f"{task.label}: observe mode: nothing executes, so it does not start{besides}; {_NO_YES}"
            return f"{task.label}: {task.state_name}" + (f", although approved: {still}" if still else "")
        raise Refused(f"{task.label} is {task.state_name}: nothing on it waits for an approval{self._hint(task)}")

    @staticmethod
    def _refuse_stale(shown: str, present: str, what: str) -> None:
        if shown != present:
            raise Refused(f"{what} has changed since it was shown: look at it again, then approve what is there now")

    @staticmethod
    def _hint(task: t.Task) -> str:
        if isinstance(task.state, t.Failed | t.Killed | t.Unknown):
            return f"; `midwatch retry {task.label}` tries it again"
        return ""

    def _deny(self, command: c.Deny, actor: str) -> str:
        if command.label not in self.store.tasks and (closed := self.questions.open_on(command.label)):
            answered = self.questions.answer(command.label, "denied", self._clock.now())
            self._stage(answered, actor, "question_dismissed", command.why or "dismissed by the operator")
            return f"{command.label}: {len(closed)} questions are closed"
        task = self._task(command.label)
        now = self._clock.now()
        why = command.why or "denied by the operator"
        if isinstance(task.state, t.AwaitingReview) and command.digest not in ("", task.state.digest):
            raise Refused("the diff has changed since it was shown: look at it again")
        answered = self.questions.answer(task.label, "denied", now)
        if isinstance(task.state, t.AwaitingReview):
            build = self.store.builds[task.state.build]
            over = move_build(build, b.Finished(ending="killed", text=f"denied: {why}", at=now), ended_at=now)
            over = msgspec.structs.replace(over, delivered=b.Check(result=b.Result.NO, text=f"denied: {why}", at=now))
            task = move_task(task, t.Killed(build=build.id, text=f"denied: {why}", at=now))
            self._stage([task, over, *answered], actor, "merge_denied", why, label=task.label, build=build.id)
            return f"{task.label}: denied; its work is kept in {build.id}"
        if isinstance(task.state, t.AwaitingApproval | t.Held | t.Queued | t.Retrying):
            task = move_task(task, t.Killed(build="", text=f"denied: {why}", at=now))
            self._stage([task, *answered], actor, "start_denied", why, label=task.label)
            return f"{task.label}: denied"
        if answered:
            self._stage(answered, actor, "question_dismissed", why, label=task.label)
            return f"{task.label}: its questions are closed; it stays {task.state_name}"
        raise Refused(f"{task.label} is {task.state_name}: nothing on it waits for an answer")

    def _kill(self, command: c.Kill, actor: str) -> str:
        task = self._task(command.label)
        now = self._clock.now()
        why = command.why or "killed by the operator"
        if command.build and command.build != task.build:
            raise Refused(f"{command.build} is not running any more; {task.label} is {task.state_name}")
        if isinstance(task.state, t.Building | t.Verifying):
            build = msgspec.structs.replace(self.store.builds[task.state.build], kill_by=actor)
            self._stage([build], actor, "kill_asked", why, label=task.label, build=build.id)
            return f"{task.label}: killing {build.id}"
        if isinstance(task.state, t.AwaitingReview):
            raise Refused(f"{task.label}: nothing of it runs; `midwatch deny {task.label}` refuses its diff")
        if isinstance(task.state, t.Done | t.Failed | t.Killed | t.Unknown):
            raise Refused(f"{task.label}: nothing of it runs; it is {task.state_name}")
        answered = self.questions.answer(task.label, "killed", now)
        task = move_task(task, t.Killed(build="", text=why, at=now))
        self._stage([task, *answered], actor, "task_killed", why, label=task.label)
        return f"{task.label}: killed before it started"

    def _kill_all(self, command: c.KillAll, actor: str) -> str:
        now = self._clock.now()
        why = command.why or "the kill switch"
        control = msgspec.structs.replace(self.store.control, stopped=True, stopped_at=now, stopped_by=actor)
        records: list[Record] = [control]
        for build in self.store.builds.values():
            if build.occupies and not build.kill_by:
                records.append(msgspec.structs.replace(build, kill_by=actor))
        self._stage(records, actor, "stop_engaged", why)
        return "the kill switch is engaged: nothing starts until `midwatch arm`"

    def _arm(self, command: c.Arm, actor: str) -> str:
        control = msgspec.structs.replace(self.store.control, stopped=False, stopped_at=None, stopped_by="")
        self._stage([control], actor, "stop_released", command.why or "armed by the operator")
        return "armed: tasks may start again"

    def _fail(self, command: c.Fail, actor: str) -> str:
        task = self._task(command.label)
        why = command.why or "counted as failed by the operator"
        if not isinstance(task.state, t.Building | t.Verifying | t.AwaitingReview):
            raise Refused(f"{task.label} is {task.state_name}: there is no build of it to fail")
        build = msgspec.structs.replace(self.store.builds[task.state.build], fail_by=f"{actor}: {why}")
        self._stage([build], actor, "fail_asked", why, label=task.label, build=build.id)
        return f"{task.label}: {build.id} counts as failed"

    def _retry(self, command: c.Retry, actor: str) -> str:
        task = self._task(command.label)
        now = self._clock.now()
        why = command.why or "tried again by the operator"
        records: list[Record] = []
        if isinstance(task.state, t.AwaitingReview):
            build = self.store.builds[task.state.build]
            text = "set aside for a new attempt"
            records.append(move_build(build, b.Finished(ending="failed", text=text, at=now), ended_at=now))
        elif not isinstance(task.state, t.Retrying | t.Done | t.Failed | t.Killed | t.Unknown):
            raise Refused(f"{task.label} is {task.state_name}: it needs no retry")
        task = move_task(task, t.Queued(), failures=0)
        answered = self.questions.answer(task.label, "retried", now)
        task, asked = self._judged(task, now)
        self._stage([task, *records, *answered, *asked], actor, "task_retried", why, label=task.label)
        return f"{task.label}: {task.state_name}"

    def _pause(self, command: c.Pause, actor: str) -> str:
        if self.store.control.paused == command.on:
            raise Refused("already paused" if command.on else "not paused")
        control = msgspec.structs.replace(self.store.control, paused=command.on)
        action = "paused" if command.on else "resumed"
        self._stage([control], actor, action, command.why or f"{action} by the operator")
        return "paused: nothing more starts" if command.on else "resumed: tasks may start again"

    def _set_context(self, command: c.SetContext, actor: str) -> str:
        now = self._clock.now()
        if command.until is not None and command.until <= now:
            raise Refused(f"{say_here(command.until, now, self.rules.zone)} is past: name a time to come")
        override = Override(context=command.context, by=actor, set_at=now, until=command.until)
        control = msgspec.structs.replace(self.store.control, override=override)
        until = "until `midwatch context clear`"
        if command.until is not None:
            until = f"until {say_here(command.until, now, self.rules.zone)}"
        self._stage([control], actor, "context_set", command.why or f"set by the operator {until}")
        return f"the context is {command.context} {until}"

    def _clear_context(self, command: c.ClearContext, actor: str) -> str:
        if self.store.control.override is None:
            raise Refused("no context is set: windows and calendar decide already")
        control = msgspec.structs.replace(self.store.control, override=None)
        self._stage([control], actor, "context_cleared", command.why or "left to windows and calendar again")
        return "windows and calendar decide on the context again"

    def _pause_schedule(self, command: c.PauseSchedule, actor: str) -> str:
        state, text = self.orders.pause(command, self._clock.now())
        action = "schedule_paused" if command.on else "schedule_resumed"
        self._stage([state], actor, action, command.why or text)
        return text

    def _run_schedule(self, command: c.RunSchedule, actor: str) -> str:
        if self._observes:
            raise Refused(f"{_OBSERVES}: {command.name} is not run")
        state, text = self.orders.run(command, actor, self.store.control)
        self._stage([state], actor, "schedule_run_asked", command.why or text)
        return text

    @property
    def _observes(self) -> bool:
        return self.store.control.mode is Mode.OBSERVE

    def _set_mode(self, command: c.SetMode, actor: str) -> str:
        control = self.store.control
        if control.mode is command.mode:
            raise Refused(f"it is {command.mode} already")
        if command.mode is Mode.OBSERVE:
            return self.observe(control, actor, command.why or "asked for by the operator")
        return self.go_live(control, actor, command.why or "asked for by the operator")

    def observe(self, control: Control, actor: str, why: str, live_after_s: float | None = None) -> str:
        """Stage that nothing executes from now on, for so many seconds or until the operator says otherwise."""
        now = self._clock.now()
        control = observing.begun(control, actor, now, live_after_s)
        under_way = [build for build in self.store.builds.values() if build.occupies]
        # What has not begun to run never does; what runs is not thrown away, and ends without being merged.
        unbegun = [build for build in under_way if isinstance(build.state, b.Preparing | b.Starting)]
        withdrawn = [msgspec.structs.replace(build, kill_by=WITHDRAWN) for build in unbegun if not build.kill_by]
        self._stage([control, *withdrawn], actor, "observe_begun", why)
        told = [f"{_OBSERVES}; what would start is written down, and an approval given now does not count later"]
        running = [build.label for build in under_way if build not in unbegun]
        if running:
            told.append(f"still running, and not merged when done: {', '.join(running)} (`midwatch kill` ends one)")
        if control.observation is not None and control.observation.live_at is not None:
            told.append(f"it goes live by itself at {say(control.observation.live_at)}")
        return "; ".join(told)

    def go_live(self, control: Control, actor: str, why: str) -> str:
        """Stage that decisions are carried out from now on. No yes that was given while observing counts: ask again."""
        observation, now = control.observation, self._clock.now()
        assert observation is not None, "only what observes goes live"
        records: list[Record] = [observing.ended(control)]
        asked = []
        for task in (self.store.tasks[label] for label in observation.agreed):
            if isinstance(task.state, WAITING):
                fresh, questions = self._judged(msgspec.structs.replace(task, approval=None), now)
                records += [fresh, *questions]
                asked.append(task.label)
            elif isinstance(task.state, t.AwaitingReview):
                build = msgspec.structs.replace(self.store.builds[task.state.build], approval=None)
                records += [build, self._asked_again(task, task.state, now)]
                asked.append(task.label)
        self._stage(records, actor, "live_begun", why)
        told = "live: what may start, starts from now on, and what may merge, merges"
        return told + (
            f"; a yes given while observing does not count, so it asks again: {', '.join(asked)}" if asked else ""
        )

    def _asked_again(self, task: t.Task, state: t.AwaitingReview, now: datetime) -> Escalation:
        kind = EscalationKind.DELIVERY_BLOCKED if state.blocked else EscalationKind.REVIEW_NEEDED
        text = state.blocked or f"your yes while observing does not count: `midwatch diff {task.label}` shows it again"
        return self.questions.ask(kind, task, text, now, build=state.build, digest=state.digest)

    def settle(self, task: t.Task, verdict: Verdict) -> tuple[t.Task, tuple[Escalation, ...]]:
        """Return a waiting task in the state that its verdict calls for, with the question that goes with it."""
        now = self._clock.now()
        stance = verdict.stance
        against = verdict.against
        state: t.TaskState = t.Queued()
        question: tuple[Escalation, ...] = ()
        text = "; ".join(finding.text for finding in against)
        if stance is Stance.HOLD:
            state = t.Held(findings=against)
            question = (self._ask(EscalationKind.UNCLEAR, task, text, now),)
        elif stance is Stance.ASK:
            state = t.AwaitingApproval(findings=against)
            question = (self._ask(EscalationKind.APPROVAL_NEEDED, task, text, now),)
        if isinstance(task.state, type(state)) and isinstance(state, t.Queued):
            return task, ()
        if isinstance(task.state, type(state)):
            return msgspec.structs.replace(task, state=state), question
        return move_task(task, state), question

    def _ask(self, kind: EscalationKind, task: t.Task, text: str, now: datetime) -> Escalation:
        return self.questions.ask(kind, task, text, now, digest=task.spec.digest)

    def _judged(self, task: t.Task, now: datetime) -> tuple[t.Task, tuple[Escalation, ...]]:
        return self.settle(task, judge_spec(task, self.rules))

    def _task(self, label: str) -> t.Task:
        task = self.store.tasks.get(label)
        if task is None:
            raise Refused(f"there is no task {label!r}: `midwatch queue --all` lists them")
        return task

    def _stage(
        self, records: Sequence[Record], actor: str, action: str, why: str, *, label: str = "", build: str = ""
    ) -> None:
        self.store.stage(records, Reason(actor=actor, action=action, why=why, label=label, build=build))
