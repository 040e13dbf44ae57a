"""Why each task stands where it does, by the same rules that the engine asks."""

from datetime import UTC, datetime
from functools import cached_property
from typing import NamedTuple

import msgspec

from console.cli import shapes
from console.render import span
from engine.facts import gather, rules_of
from engine.policy.gate import judge
from engine.policy.times import say_here
from engine.schedule.almanac import Almanac
from engine.schedule.durations import Durations
from engine.schedule.forecast import Cause, Forecast, forecast
from engine.schedule.windows import AHEAD
from engine.telemetry.history import History
from state.model.task import Task
from state.model.verdict import Stance, Verdict
from state.model.view import View
from state.settings import Settings

_NEVER = datetime.max.replace(tzinfo=UTC)


class Choice(NamedTuple):
    """The task that starts next, and those ahead of it in the queue that cannot."""

    task: Task
    verdict: Verdict
    passed: tuple[tuple[Task, Verdict], ...]


class Judge:
    """Judges the tasks of one view; the facts are gathered once for all of them."""

    def __init__(self, view: View, settings: Settings) -> None:
        self._view = view
        self._settings = settings
        self._facts = gather(view, settings, view.at)
        self._rules = rules_of(settings)

    @cached_property
    def durations(self) -> Durations:
        """How long builds are taken to last."""
        return Durations(History(self._view.tasks, self._view.builds.values()))

    @cached_property
    def forecasts(self) -> dict[str, Forecast]:
        """When each task that waits will start, by label."""
        view = self._view
        almanac = Almanac(self._settings)
        if almanac.calendar.files:
            almanac.take(almanac.calendar.read(view.at))
        first, *later = almanac.changes(view.at, view.at + AHEAD, view.control)
        # What the engine says of the present moment counts: it knows whether the operator is there.
        now = msgspec.structs.replace(first, slots=self._facts.slots)
        return forecast(view, self._facts, self._rules, (now, *later), self.durations)

    def starts(self, task: Task) -> shapes.Value:
        """When a task will start, what decides on that, and how long its build should last; empty where it is over."""
        found = self.forecasts.get(task.label)
        starts = {"starts_at": found.starts_at if found else None, "starts": found.text if found else ""}
        if isinstance(task.state, shapes.ENDED):
            return {**starts, "expected": None}
        known = self.durations.expected(task.spec)
        expected = {name: round(getattr(known, name), 1) for name in ("low_s", "median_s", "high_s")}
        return {**starts, "expected": {**expected, "from": known.said}}

    def lasts(self, task: Task) -> str:
        """How long its build should last, in words, and where that is from; nothing where it is over."""
        if isinstance(task.state, shapes.ENDED):
            return ""
        known = self.durations.expected(task.spec)
        low, middle, high = map(span, (known.low_s, known.median_s, known.high_s))
        source = {"estimate": "by its estimate", "default": "for want of an estimate"}.get(known.said, known.said)
        return f"about {middle}, four times out of five {low} to {high} ({source})"

    def when(self, task: Task) -> str:
        """The same in words, by the operator's clock."""
        found = self.forecasts.get(task.label)
        if found is None:
            return ""
        if found.starts_at is None:
            return f"not by itself: {found.text}"
        engine = ", if an engine runs then" if self._view.engine.mode == "stopped" else ""
        if found.cause is Cause.NOW:
            return f"now{engine}"
        about = "about " if found.cause in (Cause.SLOT, Cause.AFTER) else ""
        return f"{about}{say_here(found.starts_at, self._view.at, self._rules.zone)}, {found.text}{engine}"

    def verdict(self, task: Task) -> Verdict:
        """What every rule says on a task at this moment."""
        return judge(task, self._view, self._facts, self._rules)

    def reasons(self, task: Task) -> list[shapes.Value]:
        """Why it is where it is: for one that waits every rule's answer, for others their state's own words."""
        if isinstance(task.state, shapes.WAITING):
            return shapes.reasons(self.verdict(task).findings)
        return shapes.of_state(task)

    def choose(self, ordered: list[Task]) -> "Choice | None":
        """Return the task that starts first: one that nothing stands against, or else the one that is foreseen first.

        Where none is foreseen, that is the first that only waits for what passes by itself.
        """
        seen: list[tuple[Task, Verdict]] = []
        for task in ordered:
            verdict = self.verdict(task)
            if verdict.stance is Stance.ALLOW:
                return Choice(task, verdict, tuple(seen))
            seen.append((task, verdict))
        waits = [place for place, (_, verdict) in enumerate(seen) if verdict.stance is Stance.WAIT]
        if not waits:
            return None
        place = min(waits, key=lambda place: (self._foreseen(seen[place][0]), place))
        return Choice(*seen[place], tuple(seen[:place]))

    def _foreseen(self, task: Task) -> datetime:
        found = self.forecasts.get(task.label)
        return _NEVER if found is None or found.starts_at is None else found.starts_at
