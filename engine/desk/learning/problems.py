"""Commands on problems: what a look saw, and what is done about it."""

from datetime import datetime, timedelta

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.learning.problems import rows
from engine.safety import kill_switch
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.learning.commands import BeginFixes, NoteProblems, RecordFixes
from state.model.learning.problem import Fix, Problem, Severity
from state.text import one_line

_WIDTH = 160
_QUIET = timedelta(days=1)
"""For so long the operator is not asked again about what he closed the question on while it was there."""


class Problems:
    """Keeps one row for each problem, asks the operator about critical ones, and says whether one may be fixed."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {NoteProblems: self._note, BeginFixes: self._begin, RecordFixes: self._record}

    def _note(self, command: NoteProblems, actor: str) -> str:
        known = self.at.store.problems
        changed = rows.note(known, command.seen, command.looked, self.at.clock.now())
        fresh = [row for row in changed if row.open and row.count == 1]
        gone = [row for row in changed if not row.open]
        count = len(changed) - len(gone)
        told = f"{count} problem{'' if count == 1 else 's'}, {len(fresh)} of them not seen before, {len(gone)} gone"
        if changed:
            named = "; ".join(one_line(row.seen.text, _WIDTH) for row in fresh[:3])
            questions = [asked for row in changed for asked in self._questions(known.get(row.id), row)]
            self.at.stage([*changed, *questions], actor, "problems_noted", f"{told}: {named}" if named else told)
        return told

    def _questions(self, before: Problem | None, row: Problem) -> tuple[Escalation, ...]:
        """Ask about what is critical, once with a counter; take the question back when it is not any more."""
        now = self.at.clock.now()
        if _critical(row):
            if _critical(before) and not self.at.questions.open_on(row.about) and self._closed_lately(row, now):
                return ()
            kind = EscalationKind.SYSTEM_HEALTH
            return (self.at.questions.ask(kind, None, row.seen.text, now, urgency=Urgency.URGENT, about=row.about),)
        return self.at.questions.answer(row.about, row.gone or f"it is {row.seen.severity} now", now)

    def _closed_lately(self, row: Problem, now: datetime) -> bool:
        """Whether the question about it was closed less than a day ago."""
        answered = (asked.answered_at for asked in self.at.store.escalations.values() if asked.label == row.about)
        latest = max(filter(None, answered), default=None)
        return latest is not None and now - latest < _QUIET

    def _begin(self, command: BeginFixes, actor: str) -> str:
        self._refuse()
        for name in command.ids:
            row = self.at.store.problems.get(name)
            if row is None or not row.open:
                raise Refused(f"there is no problem {name!r} now: `midwatch problems list` shows what there is")
            if row.seen.fix is Fix.NONE:
                raise Refused(f"nothing can be done about {name} without you: {row.seen.text}")
        why = ", ".join(command.ids)
        self.at.stage((), actor, "fixes_begun", why)
        return f"fixing {why}"

    def _refuse(self) -> None:
        """Nothing is fixed while the operator wants nothing done, or where the record cannot be trusted."""
        control = self.at.store.control
        if control.stopped or kill_switch.engaged(self.at.store.workspace):
            raise Refused("the kill switch is engaged, so nothing is fixed: `midwatch arm` releases it")
        if self.at.observes:
            raise Refused(f"{OBSERVES}, so nothing is fixed")
        if control.manual:
            raise Refused("deciding failed, so nothing is fixed by itself: `midwatch resume` goes on")

    def _record(self, command: RecordFixes, actor: str) -> str:
        now = self.at.clock.now()
        for fixed in command.fixes:
            row = self.at.store.problems.get(fixed.id)
            action = "problem_fixed" if fixed.ok else "problem_not_fixed"
            changed = [rows.tried(row, fixed, now)] if row is not None else []
            self.at.stage(changed, actor, action, f"{fixed.id}: {fixed.text}")
        done = sum(fixed.ok for fixed in command.fixes)
        return f"{done} of {len(command.fixes)} fixed"


def _critical(row: Problem | None) -> bool:
    return row is not None and row.open and row.seen.severity is Severity.CRITICAL
