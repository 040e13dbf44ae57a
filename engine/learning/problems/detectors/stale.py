"""Tasks that have waited for too long."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import few, many, span
from state.model import task as t
from state.model.build import Finished
from state.model.learning.problem import Kind, Severity, Sighting
from state.model.view import View

_MUCH = 3
"""So many times as long as is too long makes it worse."""
_WAITS: Mapping[type, tuple[str, str, str]] = {
    t.Queued: ("queued", "not been begun", "`midwatch next` says why; take out what nobody needs with `midwatch deny`"),
    t.Held: ("held", "been held for want of something", "`midwatch why` says what each needs"),
    t.AwaitingApproval: ("awaiting_approval", "waited for your approval", "`midwatch approve` or `midwatch deny` it"),
    t.AwaitingReview: (
        "awaiting_review",
        "waited for your review",
        "`midwatch diff` shows it, then approve or deny it",
    ),
}


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return one sighting for each way in which tasks have waited for too long."""
    rules, asked = facts.settings.problems, _asked(facts.view)
    found = []
    for state, (name, what, remedy) in _WAITS.items():
        most_s = rules.stale_s if state in (t.Queued, t.Held) else rules.waiting_s
        rows = []
        for task in facts.view.tasks.values():
            if isinstance(task.state, state):
                waited_s = (facts.now - _since(task, facts.view, asked)).total_seconds()
                if waited_s >= most_s:
                    rows.append((waited_s, task.label))
        if rows:
            found.append(
                _told(name, f"{what} for more than {span(most_s)}", remedy, sorted(rows, reverse=True), most_s)
            )
    return tuple(found)


def _asked(view: View) -> dict[str, datetime]:
    """By task, since when the oldest open question on it waits."""
    found: dict[str, datetime] = {}
    for asked in view.escalations.values():
        if asked.open and asked.label:
            found[asked.label] = min(asked.created_at, found.get(asked.label, asked.created_at))
    return found


def _since(task: t.Task, view: View, asked: Mapping[str, datetime]) -> datetime:
    """The earliest moment from which on it is known to wait as it does now."""
    if isinstance(task.state, t.Queued):
        last = view.builds.get(f"{task.label}-{task.attempts}")
        ended = last.state.at if last is not None and isinstance(last.state, Finished) else None
        return max(filter(None, (task.added_at, ended, task.spec.start_at, task.slot)))
    return asked.get(task.label, task.added_at)


def _told(name: str, what: str, remedy: str, rows: Sequence[tuple[float, str]], most_s: float) -> Sighting:
    longest_s = rows[0][0]
    have = "has" if len(rows) == 1 else "have"
    return Sighting(
        kind=Kind.STALE,
        subject=name,
        severity=Severity.MEDIUM if longest_s >= _MUCH * most_s else Severity.LOW,
        text=f"{many(len(rows), 'task')} {have} {what}, the longest for {span(longest_s)}: "
        f"{few([label for _, label in rows])}: {remedy}",
        figures={"tasks": len(rows), "longest_s": round(longest_s)},
    )
