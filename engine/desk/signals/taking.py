"""Commands that decide what becomes of signals."""

from datetime import timedelta

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.desk.queueing import Queueing
from engine.policy.times import say
from engine.safety import crash
from engine.signals.router import KINDS, Bounds, Route, route
from state.model import command as c
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.reason import ENGINE, POSSIBLE, Reason
from state.model.signals.signal import Handling, Signal, SignalType
from state.model.task import Spec
from state.model.view import Record
from state.settings import SandboxKind, Settings
from state.text import one_line

ASIDE = "aside"
"""What the answer to a signal that is none begins with, before a colon; others begin with what became of it."""
LATER = "later"
"""What the answer to a signal that has to wait begins with."""
MANY = "signals:many"
"""What the question about too many signals is filed under; no task's label can be the same."""
BAD = "signals:bad"
"""What the question about files that are no signals is filed under; no task's label can be the same."""
_HOUR = timedelta(hours=1)
_WIDTH = 400


class Taking:
    """Decides on each signal once: what is decided stands in the same entry as the signal, before anything is done."""

    def __init__(self, at: Common, queueing: Queueing) -> None:
        self.at = at
        self._queueing = queueing
        self.handlers: Handlers = {c.TakeSignal: self._take, c.SetAside: self._set_aside}

    def _take(self, command: c.TakeSignal, actor: str) -> str:
        signal = command.signal
        known = self.at.store.signals.get(signal.id)
        if known is None:
            return self._too_many(signal) or self._decide(signal, command.spec, command.unfit)
        if known.digest == signal.digest and known.handling is not None:
            return f"{known.handling}: {known.outcome}"
        when = say(known.taken_at) if known.taken_at else "before"
        return f"{ASIDE}: another signal had the id {signal.id} already, and was taken {when}: give each one of its own"

    def _too_many(self, signal: Signal) -> str:
        """Return that a signal has to wait, and tell the operator once; empty where there is room for it."""
        now, most = self.at.clock.now(), self.at.orders.settings.signals.per_h
        # They were taken one after the other, so that the latest stand last.
        latest = list(self.at.store.signals.values())[-most:]
        recent = sum(one.taken_at is not None and one.taken_at > now - _HOUR for one in latest)
        told = f"{most} signals were taken within an hour: the rest waits, as `midwatch signals` shows"
        if recent < most:
            if self.at.questions.open_on(MANY):
                answered = self.at.questions.answer(MANY, "there is room again", now)
                self.at.stage(answered, ENGINE, "signals_taken_again", "there is room again")
            return ""
        if not self.at.questions.open_on(MANY):
            text = f"{told}; the first that waits is from {signal.source or 'somebody'}"
            kind = EscalationKind.LIMIT_REACHED
            question = self.at.questions.ask(kind, None, text, now, urgency=Urgency.HIGH, about=MANY)
            self.at.stage([question], ENGINE, "signals_wait", text)
        return f"{LATER}: {told}"

    def _decide(self, signal: Signal, spec: Spec | None, unfit: str) -> str:
        signals = self.at.orders.settings.signals
        decided = route(signal, Bounds(signals.confidence, signals.impact_over))
        records: list[Record] = []
        outcome = decided.why
        if decided.handling is Handling.QUEUED:
            decided, records, outcome = self._queued(signal, decided, spec, unfit)
        elif decided.handling is Handling.ASKED and (told := self._told_already(signal)):
            decided, outcome = Route(Handling.LOGGED, told), told
        if decided.handling is Handling.ASKED:
            question = self._question(signal, decided.why)
            records, outcome = [question], f"{question.id} asks you: {decided.why}"
        outcome = one_line(outcome, _WIDTH)
        now = self.at.clock.now()
        taken = msgspec.structs.replace(signal, taken_at=now, handling=decided.handling, outcome=outcome)
        action = f"signal_{decided.handling.value}"
        known = (
            ("signal", signal.id),
            ("source", signal.source or "not told"),
            ("type", signal.kind),
            ("text", signal.text),
        )
        reason = Reason(
            actor=ENGINE,
            action=action,
            why=f"{signal.kind} from {signal.source or 'somebody'}: {outcome}",
            label=spec.label if spec is not None and decided.handling is Handling.QUEUED else "",
            options=POSSIBLE[action],
            known=known,
            confidence=signal.confidence,
        )
        self.at.store.stage([taken, *records], reason)
        return f"{decided.handling}: {outcome}"

    def _queued(self, signal: Signal, decided: Route, spec: Spec | None, unfit: str) -> tuple[Route, list[Record], str]:
        """Return the records of the task that a signal asks for; or, where it cannot be queued, that it is asked."""
        if spec is None:
            return Route(Handling.ASKED, f"it asks for a task that cannot be queued: {unfit}"), [], ""
        # Whatever it says: what comes from outside is judged as such, and its result is never merged unseen.
        spec = msgspec.structs.replace(spec, source=f"signal:{signal.source}")
        doubt = "; ".join(filter(None, (decided.doubt, own_rights(spec, self.at.orders.settings))))
        if doubt:
            doubt = f"a signal from {signal.source or 'somebody'} asks for it: {doubt}"
        try:
            records, told = self._queueing.prepare((spec,), doubt)
        except Refused as refusal:
            return Route(Handling.ASKED, f"it asks for a task that cannot be queued: {refusal}"), [], ""
        return decided, records, "; ".join(told)

    def _told_already(self, signal: Signal) -> str:
        """Return which question says the same already, in words; empty when none does."""
        store = self.at.store
        if signal.type is SignalType.DAEMON_CRASHED and signal.source == crash.SOURCE:
            asked = next((one.id for one in store.escalations.values() if one.label == crash.SUBJECT), "")
            return f"the engine told you of it itself, as {asked}" if asked else ""
        kind = KINDS.get(signal.type)
        open_ones = self.at.questions.open_on(signal.label) if signal.label else ()
        asked = next((one.id for one in open_ones if one.type is kind), "")
        return f"{asked} asks you the same about {signal.label} already" if asked else ""

    def _question(self, signal: Signal, why: str) -> Escalation:
        kind = KINDS.get(signal.type, EscalationKind.UNCLEAR)
        said = f"{signal.source or 'a program'} signals {signal.kind}: {signal.text or 'without a word more'}"
        text = one_line(f"{said} ({why})", _WIDTH)
        now = self.at.clock.now()
        return self.at.questions.ask(kind, None, text, now, urgency=signal.priority, about=signal.subject)

    def _set_aside(self, command: c.SetAside, actor: str) -> str:
        name, why = one_line(command.name, 100), one_line(command.why, 300)
        told = f"escalations/{name} is no signal and goes to escalations/bad: {why}"
        kind, now = EscalationKind.SYSTEM_HEALTH, self.at.clock.now()
        question = self.at.questions.ask(kind, None, told, now, urgency=Urgency.MEDIUM, about=BAD)
        self.at.stage([question], ENGINE, "signal_set_aside", told)
        return told


def own_rights(spec: Spec, settings: Settings) -> str:
    """Return what the settings grant to the label that a task from outside chose; empty where that is nothing."""
    own = settings.tasks.get(spec.label)
    if own is None or (own.sandbox is not SandboxKind.NONE and not own.secrets):
        return ""
    return f"[tasks.{spec.label}] gives a task of this label rights of its own"
