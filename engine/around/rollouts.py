"""Takes a roll-out on or back by rule, as builds end."""

from engine.desk.desk import Desk
from engine.hall import Hall
from engine.policy.rollout.compare import compare, step
from state.journal import Entry
from state.model.brakes.rollout import Rollout
from state.model.build import Build
from state.model.escalation import EscalationKind, Urgency
from state.model.reason import ENGINE
from state.model.view import View

SUBJECT = "engine:rollout"
"""What the question about one that was rolled back is filed under."""


class Rollouts:
    """On the engine's loop only."""

    def __init__(self, hall: Hall, desk: Desk) -> None:
        self._hall = hall
        self._desk = desk
        self._known: Rollout | None = hall.store.control.rollout
        self._news = True
        hall.store.listeners.append(self._note)

    def look(self) -> None:
        """Do what the comparison calls for; to be done before anything is decided."""
        rollout = self._hall.store.control.rollout
        if rollout is not None and rollout.ended is None and self._news:
            self._news = False
            self._compare(rollout)
        if self._hall.store.control.rollout != self._known:
            # Whoever waits may be waiting for what the other version does not ask.
            self._known = self._hall.store.control.rollout
            self._hall.ledger.waiting.judge_again(self._hall.store.tasks.values())

    def _compare(self, rollout: Rollout) -> None:
        store, now = self._hall.store, self._hall.clock.now()
        view = View(at=now, builds=store.builds, escalations=store.escalations, anomalies=store.anomalies)
        follows = step(rollout, compare(view, rollout))
        if follows is None:
            return
        told = self._desk.rolling.steer(not follows.back, ENGINE, follows.text)
        if follows.back:
            kind, text = EscalationKind.SYSTEM_HEALTH, f"{told}: {follows.text}"
            question = self._hall.questions.ask(kind, None, text, now, urgency=Urgency.HIGH, about=SUBJECT)
            self._desk.common.stage([question], ENGINE, "rollout_told", text)

    def _note(self, entry: Entry) -> None:
        self._news = self._news or any(isinstance(record, Build) and record.version for record in entry.records)
