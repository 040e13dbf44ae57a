"""When each task that waits will start, as far as durations, windows, slots and the queue's order tell."""

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from engine.policy import estimate
from engine.policy.approvals import before_merge
from engine.policy.facts import Active, Facts, Rules
from engine.policy.moment import conflicts, rates, timing, window
from engine.policy.order import Key, order_key
from engine.schedule.durations import Durations
from engine.schedule.planner import claim
from engine.schedule.windows import AHEAD
from state.model import build as b
from state.model import task as t
from state.model.brakes.breaker import COMMAND, Open, breaker_key
from state.model.mode import Mode
from state.model.record import Noun
from state.model.view import View
from state.model.when.context import Change
from state.model.when.window import Span

_NEARLY_OVER = timedelta(minutes=1)
"""How long a build still lasts that has lasted longer already than it was estimated."""
_Group = tuple[bool, int, t.WindowUse, float]

_ANY_TIME: _Group = (True, 0, t.WindowUse.ANY, 0.0)


class Cause(StrEnum):
    """What decides on the moment of a start."""

    NOW = "now"
    TIME = "time"
    """The start time that it asks for, or that of its next try."""
    WINDOW = "window"
    """A window opens that takes it."""
    SLOT = "slot"
    """More builds may run at the same time, or one ends; as far as its duration can be expected."""
    AFTER = "after"
    """What it depends on, or what touches the same files, is done; as far as its duration can be expected."""
    LIMIT = "limit"
    """Enough of a limit on all builds is free again, or a breaker lets one try."""
    NEVER = "never"
    """Not by itself, or not within two weeks."""


class Forecast(Noun, frozen=True, kw_only=True):
    """The next start of one task."""

    label: str
    starts_at: datetime | None
    cause: Cause
    text: str
    """What decides on it, in words that follow the moment; without a moment, why there is none."""


def forecast(
    view: View, facts: Facts, rules: Rules, changes: Sequence[Change], durations: Durations
) -> dict[str, Forecast]:
    """Return the forecast of every task that waits, by label. Pure.

    `changes` say how many builds may run at the same time from now on. Each build lasts as long as it is expected to
    and fails never, so that all that comes after the first end is as good as the `durations`.
    """
    return _Play(view, facts, rules, changes, durations).run()


class _Play:
    """Plays the queue once, from one moment at which something can start to the next."""

    def __init__(self, view: View, facts: Facts, rules: Rules, changes: Sequence[Change], durations: Durations) -> None:
        self._durations = durations
        self._tasks = view.tasks
        self._builds = view.builds
        self._control = view.control
        self._breakers = view.breakers
        self._facts = facts
        self._windowed = bool(rules.windows)
        self._now = facts.now
        self._slots = [(change.at, change.slots) for change in changes] or [(facts.now, facts.slots)]
        self._openings = [span.opens_at for span in facts.spans]
        self._found: dict[str, Forecast] = {}
        self._missing: dict[str, set[str]] = {}
        """By label what is not done of that which it depends on."""
        self._dependents: dict[str, list[str]] = {}
        self._coming: list[tuple[datetime, str]] = []
        """Tasks whose time comes then."""
        self._groups: dict[_Group, list[tuple[Key, str]]] = {}
        """Tasks that could start if there were room, alike as to windows, in queue order."""
        self._causes: dict[str, tuple[Cause, str]] = {}
        self._joined: dict[str, tuple[datetime, Cause, str]] = {}
        """By label when it could have started if there had been room, and what decided on that."""
        self._ends: list[tuple[datetime, str]] = []
        self._active: dict[str, Active] = {}
        self._behind: dict[str, list[str]] = {}
        """By the label of a build those that touch the same files."""

    def run(self) -> dict[str, Forecast]:
        """Return what was found."""
        waiting = [task for task in self._tasks.values() if isinstance(task.state, t.Queued | t.Retrying)]
        for task in self._tasks.values():
            if isinstance(task.state, t.Held | t.AwaitingApproval):
                self._never(task, "waits for you")
        brake = self._brake()
        if brake:
            for task in waiting:
                self._never(task, brake)
            return self._found
        if self._control.mode is Mode.OBSERVE:
            for task in waiting:
                self._never(task, "observe mode: nothing executes")
            return self._found
        self._occupy()
        for task in waiting:
            self._line_up(task)
        for at in self._moments():
            self._let_end(at)
            self._let_come(at)
            self._start(at)
        for task in waiting:
            if task.label not in self._found:
                self._never(task, self._why_never(task))
        return self._found

    def _brake(self) -> str:
        if self._facts.stopped:
            return "the kill switch is engaged"
        if self._control.observation is not None:
            return "it observes: nothing executes until `midwatch mode live`"
        return "the queue is paused" if self._facts.paused else ""

    def _occupy(self) -> None:
        for active in self._facts.active:
            if active.held:
                continue  # nobody knows when the operator answers
            build, task = self._builds.get(active.build), self._tasks.get(active.label)
            began, lasts_s = self._now, estimate.ASSUMED_S if task is None else self._lasts_s(task)
            if build is not None and isinstance(build.state, b.Running):
                began = build.started_at or self._now
            elif build is not None and not isinstance(build.state, b.Preparing | b.Starting):
                lasts_s = 0.0  # it is being verified or merged
            self._active[active.label] = active
            ends = max(self._now + _NEARLY_OVER, began + timedelta(seconds=lasts_s))
            heapq.heappush(self._ends, (ends, active.label))

    def _lasts_s(self, task: t.Task) -> float:
        return self._durations.expected(task.spec).median_s

    def _line_up(self, task: t.Task) -> None:
        """Let a task take its place once its time has come and all that it depends on is done."""
        missing = {name for name in task.spec.depends if not self._done(name)}
        for name in missing:
            self._dependents.setdefault(name, []).append(task.label)
        if missing:
            self._missing[task.label] = missing
            return
        self._come(task, self._now, (Cause.NOW, "now"))

    def _come(self, task: t.Task, at: datetime, why: tuple[Cause, str]) -> None:
        due = timing.due_at(task)
        if due is not None and due > at:
            at, why = due, (Cause.TIME, "at the time set for it")
        for moment, text in self._brakes(task.spec):
            if moment > at:
                at, why = moment, (Cause.LIMIT, text)
        self._causes[task.label] = why
        heapq.heappush(self._coming, (at, task.label))

    def _brakes(self, spec: t.Spec) -> Iterator[tuple[datetime, str]]:
        """When the brakes on all builds together let a task start."""
        facts = self._facts
        free = rates.free_at(spec, facts.usage, facts.active, facts.usual, self._now)
        if free is not None:
            yield free, "when enough is free again of what all builds may use"
        known = self._breakers.get(breaker_key(COMMAND, spec.repo))
        if known is not None and isinstance(known.state, Open):
            yield known.state.until, f"when the breaker of {known.key} lets one try"

    def _done(self, name: str) -> bool:
        return name in self._tasks and isinstance(self._tasks[name].state, t.Done)

    def _moments(self) -> Iterator[datetime]:
        """The moments at which something can start, in order, as the play brings them about."""
        edges = {edge for span in self._facts.spans for edge in (span.opens_at, span.closes_at)}
        edges |= {at for at, _ in self._slots}
        ahead = sorted((edge for edge in edges if edge > self._now), reverse=True)
        end = self._now + AHEAD
        at = self._now
        while at <= end and (self._coming or self._groups or self._ends):
            yield at
            while ahead and ahead[-1] <= at:
                ahead.pop()
            nexts = [heap[0][0] for heap in (self._ends, self._coming) if heap] + ahead[-1:]
            if not nexts:
                return
            at = max(at, min(nexts))

    def _let_end(self, at: datetime) -> None:
        """Free the slots of builds that are over, for those that waited for just that."""
        while self._ends and self._ends[0][0] <= at:
            _, label = heapq.heappop(self._ends)
            del self._active[label]
            for other in self._behind.pop(label, ()):
                self._join(other, at, (Cause.AFTER, f"after {label}, which touches the same files"))
            task = self._tasks.get(label)
            if task is None or before_merge(task.spec, bool(task.spec.verify.strip())):
                continue
            for other in self._dependents.pop(label, ()):
                self._missing[other].discard(label)
                if not self._missing[other]:
                    self._come(self._tasks[other], at, (Cause.AFTER, f"after {label}, on which it depends"))

    def _let_come(self, at: datetime) -> None:
        while self._coming and self._coming[0][0] <= at:
            label = heapq.heappop(self._coming)[1]
            self._join(label, at, self._causes[label])

    def _join(self, label: str, at: datetime, why: tuple[Cause, str]) -> None:
        """Take a place among those that could start if there were room."""
        self._joined[label] = (at, *why)
        task = self._tasks[label]
        spec = task.spec
        group = _ANY_TIME
        if self._windowed and not task.forced and not estimate.at_any_time(spec):
            group = (False, spec.priority.rank, spec.window, estimate.seconds(spec))
        heapq.heappush(self._groups.setdefault(group, []), (order_key(task), label))

    def _start(self, at: datetime) -> None:
        """Start what may start, the first in the queue first."""
        span = self._span(at)
        open_now = [
            group
            for group, heap in self._groups.items()
            if group is _ANY_TIME or window.takes(self._tasks[heap[0][1]].spec, span, at)
        ]
        room = self._slots[max(0, bisect_right(self._slots, at, key=lambda slot: slot[0]) - 1)][1] - len(self._active)
        while room > 0 and open_now:
            group = min(open_now, key=lambda group: self._groups[group][0])
            _, label = heapq.heappop(self._groups[group])
            if not self._groups[group]:
                del self._groups[group]
                open_now.remove(group)
            task = self._tasks[label]
            other = next((act.label for act in self._active.values() if conflicts.touch(task.spec, act)), None)
            if other is not None:
                self._behind.setdefault(other, []).append(label)
                continue
            self._found[label] = self._told(label, group, at, span)
            self._active[label] = claim(task, "")
            heapq.heappush(self._ends, (at + timedelta(seconds=self._lasts_s(task)), label))
            room -= 1

    def _told(self, label: str, group: _Group, at: datetime, span: Span | None) -> Forecast:
        joined, cause, text = self._joined[label]
        if at == self._now:
            cause, text = Cause.NOW, "now"
        elif at != joined and group is not _ANY_TIME and span is not None and at == span.opens_at:
            cause, text = Cause.WINDOW, f"when the {span.window.name} window opens"
        elif at != joined:
            cause, text = Cause.SLOT, "when there is room for one more build"
        return Forecast(label=label, starts_at=at, cause=cause, text=text)

    def _span(self, at: datetime) -> Span | None:
        index = bisect_right(self._openings, at) - 1
        found = self._facts.spans[index] if index >= 0 else None
        return found if found is not None and at < found.closes_at else None

    def _never(self, task: t.Task, text: str) -> None:
        self._found[task.label] = Forecast(label=task.label, starts_at=None, cause=Cause.NEVER, text=text)

    def _why_never(self, task: t.Task) -> str:
        for name in sorted(self._missing.get(task.label, ())):
            before = self._tasks.get(name)
            if before is None or isinstance(before.state, t.Failed | t.Killed | t.Unknown):
                return f"{name}, on which it depends, cannot be done"
            if isinstance(before.state, t.Held | t.AwaitingApproval | t.AwaitingReview):
                return f"{name}, on which it depends, waits for you"
            if before_merge(before.spec, bool(before.spec.verify.strip())):
                return f"you must see the diff of {name} first, on which it depends"
            return f"{name}, on which it depends, is not done within two weeks"
        return "there is no room for it within two weeks"
