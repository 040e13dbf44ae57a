"""Commands that go with the periodic checks of HEARTBEAT.md."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.intake.fields import slug
from engine.policy.times import say
from state.model import command as c
from state.model.escalation import EscalationKind, Urgency
from state.model.signals.heartbeat import Done, Heartbeat
from state.model.view import Record
from state.text import one_line

FILE = "heartbeat:file"
"""What the question about a file that cannot be understood is filed under; no task's label can be the same."""
_WIDTH = 300


class Checking:
    """Gives each slot of a check to one who asks for it, and keeps what came of it."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.BeginCheck: self._begin, c.EndCheck: self._end, c.ReadChecks: self._read}

    def _begin(self, command: c.BeginCheck, actor: str) -> str:
        beat, now = self.at.store.heartbeat, self.at.clock.now()
        before = beat.of(command.name)
        if before is not None and before.slot >= command.slot:
            raise Refused(f"{command.name}: the slot of {say(command.slot)} was taken at {say(before.at)}")
        records: list[Record] = []
        text = ""
        if command.words:
            asked = one_line(f"{command.name}: {command.words}", _WIDTH)
            kind = EscalationKind.UNCLEAR
            question = self.at.questions.ask(
                kind, None, asked, now, urgency=Urgency.MEDIUM, about=subject(command.name)
            )
            records.append(question)
            text = f"{question.id} asks you"
        done = Done(name=command.name, slot=command.slot, at=now, text=text)
        others = (one for one in beat.checks if one.name != command.name and one.name in command.known)
        records.append(Heartbeat(checks=(*others, done)))
        why = f"{command.name}: its turn of {say(command.slot)}" + (f"; {text}" if text else "")
        self.at.stage(records, actor, "check_begun", why)
        return why

    def _end(self, command: c.EndCheck, actor: str) -> str:
        beat, now = self.at.store.heartbeat, self.at.clock.now()
        before = beat.of(command.name)
        if before is None:
            raise Refused(f"{command.name}: no check of this name was begun")
        text = one_line("; ".join(filter(None, (before.text, command.text))), _WIDTH)
        ended = msgspec.structs.replace(before, text=text, failed=command.failed)
        checks = tuple(ended if one.name == command.name else one for one in beat.checks)
        records: list[Record] = [Heartbeat(checks=checks)]
        about = f"{subject(command.name)}:run"
        if command.failed:
            told = f"HEARTBEAT.md, {command.name}: {command.text}"
            kind = EscalationKind.SYSTEM_HEALTH
            records.append(self.at.questions.ask(kind, None, told, now, urgency=Urgency.MEDIUM, about=about))
        else:
            records += self.at.questions.answer(about, "it ran well again", now)
        action = "check_failed" if command.failed else "check_done"
        self.at.stage(records, actor, action, f"{command.name}: {text}")
        return text

    def _read(self, command: c.ReadChecks, actor: str) -> str:
        text, now = one_line("; ".join(command.troubles), _WIDTH), self.at.clock.now()
        before = self.at.questions.open_on(FILE)
        if not text:
            if before:
                self.at.stage(self.at.questions.answer(FILE, "mended", now), actor, "checks_readable", "it can be read")
        elif not any(question.text == text for question in before):
            kind = EscalationKind.UNCLEAR
            question = self.at.questions.ask(kind, None, text, now, urgency=Urgency.MEDIUM, about=FILE)
            self.at.stage([question], actor, "checks_unreadable", text)
        return text


def subject(name: str) -> str:
    """Return what the question about a check is filed under; no task's label can be the same."""
    return f"heartbeat:{slug(name) or name}"
