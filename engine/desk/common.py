"""What every group of commands works with."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from engine.clock import Clock
from engine.facts import rules_of
from engine.policy.back.way import with_back
from engine.policy.gate import judge_spec
from engine.policy.rollout.version import version_of
from engine.questions import Questions
from engine.rounds.orders import Orders
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind
from state.model.mode import Mode
from state.model.moves import move_task
from state.model.reason import POSSIBLE, Reason
from state.model.verdict import Stance, Verdict
from state.model.view import Record
from state.settings import Settings
from state.store import Store

OBSERVES = "observe mode: nothing executes until `midwatch mode live`"

Handlers = dict[type, Callable[[Any, str], str]]
"""What answers each kind of command: given the command and who asks, it stages and says what came of it."""


class Refused(Exception):
    """A command that cannot be obeyed as things stand; its text tells the operator why."""


class Common:
    """The store with what is known beside it. It stages; whoever owns the desk flushes."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, questions: Questions) -> None:
        self.store = store
        self.questions = questions
        self.orders = Orders(store, settings)
        self.clock = clock
        self.rules = rules_of(settings)

    @property
    def observes(self) -> bool:
        """Whether nothing is carried out."""
        return self.store.control.mode is Mode.OBSERVE

    def task(self, label: str) -> t.Task:
        """Return the task of a label; Refused when there is none."""
        task = self.store.tasks.get(label)
        if task is None:
            raise Refused(f"there is no task {label!r}: `midwatch queue --all` lists them")
        return task

    def judged(self, task: t.Task, now: datetime) -> tuple[t.Task, tuple[Escalation, ...]]:
        """Return a waiting task as the rules on it alone leave it, with the question that goes with it."""
        return self.settle(task, judge_spec(task, version_of(task.label, self.rules, self.store.control.rollout)))

    def settle(self, task: t.Task, verdict: Verdict) -> tuple[t.Task, tuple[Escalation, ...]]:
        """Return a waiting task in the state that its verdict calls for, with the question that goes with it."""
        now = self.clock.now()
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
        if kind is EscalationKind.APPROVAL_NEEDED:
            text = with_back(text, task.spec, self.orders.settings.compensations)
        return self.questions.ask(kind, task, text, now, digest=task.spec.digest)

    def stage(
        self, records: Sequence[Record], actor: str, action: str, why: str, *, label: str = "", build: str = ""
    ) -> None:
        """Write down what somebody asked for; durable once the desk's owner flushes."""
        options = POSSIBLE.get(action, ())
        self.store.stage(
            records, Reason(actor=actor, action=action, why=why, label=label, build=build, options=options)
        )
