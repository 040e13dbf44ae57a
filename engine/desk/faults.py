"""Takes a failure of deciding itself as a reason to decide nothing more."""

from datetime import datetime

import msgspec

from engine.desk.common import Common, Handlers, Refused
from state.model import command as c
from state.model.brakes.fault import Fault
from state.model.control import Control
from state.model.escalation import EscalationKind, Urgency
from state.model.reason import ENGINE
from state.text import one_line

SUBJECT = "engine:deciding"
"""What the question about it is filed under; no task's label can be the same."""
RESUME = "`midwatch resume` tries again"
_WIDTH = 300


class Faults:
    """Pauses everything, asks the operator once, and takes his word for going on."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.ReportFault: self._report}

    def _report(self, command: c.ReportFault, actor: str) -> str:
        if not command.text.strip():
            raise Refused("say what is wrong: the text is empty")
        self.trip(command.text, actor)
        return f"nothing is decided any more until the operator says so: {RESUME}"

    def trip(self, text: str, actor: str = ENGINE) -> None:
        """Stage that nothing starts by itself from now on; the same fault again raises its count."""
        now = self.at.clock.now()
        paused = faulted(self.at.store.control, text, now)
        fault = paused.fault
        assert fault is not None
        often = f" (for the {_ordinal(fault.count)} time)" if fault.count > 1 else ""
        told = f"{fault.text}{often}: nothing is decided any more, running builds go on; the engine's log has all; "
        told += RESUME
        kind = EscalationKind.SYSTEM_HEALTH
        question = self.at.questions.ask(kind, None, told, now, urgency=Urgency.URGENT, about=SUBJECT)
        self.at.stage([paused, question], actor, "deciding_failed", told)

    def well(self) -> None:
        """Stage, once, that deciding works again after the operator let it go on."""
        if self.at.questions.open_on(SUBJECT):
            answered = self.at.questions.answer(SUBJECT, "deciding works again", self.at.clock.now())
            self.at.stage(answered, ENGINE, "deciding_works", "a whole turn was decided without a failure")


def faulted(control: Control, text: str, now: datetime) -> Control:
    """Return that nothing is decided any more; the same fault again raises its count."""
    text = one_line(text, _WIDTH)
    before = control.fault
    count = before.count + 1 if before is not None and before.text == text else 1
    return msgspec.structs.replace(control, paused=True, fault=Fault(text=text, since=now, count=count))


def resumed(control: Control) -> Control:
    """Return the operator's word that deciding goes on."""
    if control.fault is None:
        return control
    return msgspec.structs.replace(control, fault=msgspec.structs.replace(control.fault, over=True))


def _ordinal(count: int) -> str:
    ending = "th" if count % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"
