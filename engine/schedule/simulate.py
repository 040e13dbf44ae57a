"""Plays the plan over days to come, in memory: the real rules on a clock of its own."""

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import NamedTuple

import msgspec

from engine.policy import blockers
from engine.policy.approvals import before_merge
from engine.policy.estimate import ASSUMED_S, against, at_any_time
from engine.policy.facts import Facts, Rules
from engine.policy.gate import APPROVABLE, judge
from engine.policy.moment import conflicts, slots, window
from engine.policy.observing import ended
from engine.policy.times import lasting
from engine.schedule import planner, timetable
from engine.schedule.almanac import Almanac
from engine.schedule.cron import slots as slots_between
from engine.schedule.durations import Durations, fails
from engine.schedule.played import Bout, Played, Slot, Wait, overflow, stretches
from engine.schedule.waiting import Waiting
from engine.telemetry.history import History
from state.model import build as b
from state.model import task as t
from state.model.mode import Mode
from state.model.moves import move_task
from state.model.record import Noun
from state.model.verdict import Stance, Verdict
from state.model.view import View
from state.model.when.schedule import ScheduleState
from state.settings import Settings, limits_for

_NEARLY_OVER = timedelta(minutes=1)
"""How long a build still lasts that has lasted longer already than was drawn."""
_TICK = timedelta(microseconds=1)
_YES = "the simulation"
_TOLD = 2000
"""Runs of one schedule that are told at most."""
_ROOM = frozenset({conflicts.RULE, slots.RULE, window.RULE})
"""The rules that a task waits for when there is more work than room."""


class Scenario(Noun, frozen=True, kw_only=True):
    """What is assumed of the time to come."""

    end: datetime
    seed: int = 0
    approve_all: bool = False
    """Whether the operator says yes, at once, to whatever a yes helps."""
    failing: float = 0.0
    """The share of attempts that fail, 0 to 1."""


class Parts(NamedTuple):
    """What the engine decides with."""

    settings: Settings
    rules: Rules
    almanac: Almanac
    facts: Callable[[View, tuple[b.Build, ...]], Facts]
    """Gathers the facts of a view, given the builds that occupy slots in it."""
    again: Callable[[t.Task, datetime], t.Task]
    """Queues a task that is done for the next time of its cron expression."""


def play(view: View, parts: Parts, scenario: Scenario) -> Played:
    """Return what happens from the view's moment to the scenario's end. Pure: no clock, no disk, no process."""
    return _Simulation(view, parts, scenario).run()


class _Simulation:
    def __init__(self, view: View, parts: Parts, scenario: Scenario) -> None:
        self._settings, self._rules, self._almanac, self._facts, self._again = parts
        self._scenario = scenario
        self._durations = Durations(History(view.tasks, view.builds.values()))
        self._start_at = view.at
        self._observed = view.control.mode is Mode.OBSERVE
        vain = view.control.observation.agreed if view.control.observation else ()
        view = msgspec.structs.replace(view, control=ended(view.control))
        self._tasks = dict(view.tasks)
        self._builds = dict(view.builds)
        for label in vain:
            # A yes that was given while it observes does not count once it is live.
            task = self._tasks[label] = msgspec.structs.replace(self._tasks[label], approval=None)
            if task.build in self._builds:
                self._builds[task.build] = msgspec.structs.replace(self._builds[task.build], approval=None)
        self._view = msgspec.structs.replace(view, tasks=self._tasks, builds=self._builds)
        self._occupying: dict[str, b.Build] = {}
        self._waiting = Waiting(self._tasks.values())
        self._waiting.judge_again(self._tasks.values())
        self._changes = self._almanac.changes(view.at, scenario.end, view.control)
        self._ends: list[tuple[datetime, int, str]] = []
        self._order = count()
        self._under_way: set[str] = set()
        self._bouts: dict[str, Bout] = {}
        self._asked = {asked.label: asked.created_at for asked in view.escalations.values() if asked.open}
        self._decisions = 0

    def run(self) -> Played:
        now = self._start_at
        self._take_over(now)
        due: datetime | None = now
        while due is not None and due < self._scenario.end:
            now = due
            self._look(now)
            self._end_builds(now)
            self._decide(now)
            due = self._next(now)
        self._look(self._scenario.end)
        return self._told(self._scenario.end)

    def _take_over(self, now: datetime) -> None:
        """Let what is under way go on, and with a yes to everything merge what waits for one."""
        for build in self._view.builds.values():
            if build.occupies and build.label in self._tasks:
                self._under_way.add(build.id)
                self._begin(self._tasks[build.label], build, build.started_at or build.created_at)
        if self._scenario.approve_all:
            for task in tuple(self._tasks.values()):
                if isinstance(task.state, t.AwaitingReview) and not task.state.blocked:
                    self._over(task, self._builds[task.state.build], t.Done(build=task.build, note="", at=now))
                elif isinstance(task.state, t.AwaitingApproval | t.Held):
                    self._put(self._agreed(task, now))

    def _next(self, now: datetime) -> datetime | None:
        """The next moment at which something can be different."""
        later = bisect_right(self._changes, now, key=lambda change: change.at)
        moments = [change.at for change in self._changes[later : later + 1]]
        moments += [ends for ends, _, _ in self._ends[:1]]
        due = self._waiting.next_due(now)
        return min([*moments, *([due] if due else [])], default=None)

    def _look(self, now: datetime) -> None:
        situation = self._almanac.situation(now, self._view.control)
        engine = msgspec.structs.replace(self._view.engine, situation=situation)
        self._view = msgspec.structs.replace(self._view, at=now, engine=engine)

    def _decide(self, now: datetime) -> None:
        """Ask the plan, and do what it wants, until nothing that it did can change its mind."""
        again = True
        while again:
            intents = planner.plan(
                self._view,
                self._gathered(),
                self._rules,
                waiting=self._counted(self._waiting),
                again=tuple(self._counted(self._waiting.take_again())),
                deliverable=self._approved(),
            )
            again = False
            for intent in intents:
                again |= self._carry_out(intent, now)

    def _gathered(self) -> Facts:
        return self._facts(self._view, tuple(self._occupying.values()))

    def _counted(self, labels: Iterable[str]) -> Iterator[str]:
        for label in labels:
            self._decisions += 1
            yield label

    def _approved(self) -> tuple[str, ...]:
        waiting = (task.state for task in self._tasks.values() if isinstance(task.state, t.AwaitingReview))
        return tuple(state.build for state in waiting if not state.blocked and self._builds[state.build].approved)

    def _carry_out(self, intent: planner.Intent, now: datetime) -> bool:
        """Make an intent come true; return whether the plan may think otherwise of something after it."""
        if isinstance(intent, planner.Start):
            self._start(self._tasks[intent.label], now)
            return False
        if isinstance(intent, planner.Deliver):
            build = self._builds[intent.build]
            self._over(self._tasks[build.label], build, t.Done(build=build.id, note="", at=now))
        else:
            self._settle(self._tasks[intent.label], intent.verdict, now)
        return True

    def _settle(self, task: t.Task, verdict: Verdict, now: datetime) -> None:
        against_ = verdict.against
        firm = [found for found in against_ if found.verdict in _FIRM]
        state: t.TaskState = t.Queued()
        if self._scenario.approve_all and not task.approved and all(found.rule in APPROVABLE for found in firm):
            task = self._agreed(task, now)
        elif verdict.stance is Stance.HOLD:
            state = t.Held(findings=against_)
        elif verdict.stance is Stance.ASK:
            state = t.AwaitingApproval(findings=against_)
        if not isinstance(state, t.Queued):
            self._asked.setdefault(task.label, now)
        same = type(task.state) is type(state)
        self._put(msgspec.structs.replace(task, state=state) if same else move_task(task, state))

    @staticmethod
    def _agreed(task: t.Task, now: datetime) -> t.Task:
        return msgspec.structs.replace(task, approval=t.Approval(by=_YES, at=now, digest=task.spec.digest))

    def _start(self, task: t.Task, now: datetime) -> None:
        spec, attempt = task.spec, task.attempts + 1
        build = b.Build(
            id=f"{spec.label}-{attempt}",
            label=spec.label,
            attempt=attempt,
            created_at=now,
            state=b.Preparing(),
            limits=limits_for(self._settings, spec),
            repo=spec.repo,
        )
        task = move_task(task, t.Building(build=build.id), attempts=attempt)
        self._put(task)
        self._begin(task, build, now)

    def _begin(self, task: t.Task, build: b.Build, began: datetime) -> None:
        """Let a build occupy its slot until it ends, and foresee how that will be."""
        now, spec, seed = self._view.at, task.spec, self._scenario.seed
        self._builds[build.id] = self._occupying[build.id] = build
        lasts = timedelta(seconds=self._durations.draw_s(spec, build.attempt, seed))
        ends, ending = began + lasts, "done"
        if began + timedelta(seconds=build.limits.time_s) < ends:
            ends, ending = began + timedelta(seconds=build.limits.time_s), "out of time"
        elif fails(spec, build.attempt, seed, self._scenario.failing):
            ending = "failed"
        elif build.repo and before_merge(spec, bool(spec.verify)) and not self._scenario.approve_all:
            ending = "review"
        if ends <= now:
            ends = now + _NEARLY_OVER
        closes = self._closes(task, now)
        if closes is not None and closes < ends:
            ends, ending = closes, "stopped"
        heapq.heappush(self._ends, (ends, next(self._order), build.id))
        change = self._changes[bisect_right(self._changes, now, key=lambda change: change.at) - 1]
        length = self._durations.expected(spec)
        self._bouts[build.id] = Bout(
            label=task.label,
            build=build.id,
            attempt=build.attempt,
            at=began,
            window=change.window,
            context=change.context,
            hours=round(length.median_s / 3600, 2),
            source=length.source,
            ends_at=ends,
            ending=ending,
        )

    def _closes(self, task: t.Task, now: datetime) -> datetime | None:
        """When a build that is to end with its window is stopped; None when it is not."""
        spec = task.spec
        if spec.window is not t.WindowUse.STOP or task.forced or at_any_time(spec) or not self._rules.windows:
            return None
        closes = now
        for span in self._almanac.spans(now):
            if span.opens_at > closes or against(spec, span.window):
                break
            closes = span.closes_at
        return closes

    def _end_builds(self, now: datetime) -> None:
        while self._ends and self._ends[0][0] <= now:
            build = self._occupying.pop(heapq.heappop(self._ends)[2])
            self._end(self._tasks[build.label], build, now)

    def _end(self, task: t.Task, build: b.Build, now: datetime) -> None:
        ending = self._bouts[build.id].ending
        if ending == "done":
            self._over(task, build, t.Done(build=build.id, note="", at=now))
        elif ending == "stopped":
            self._over(task, build, t.Queued())
        elif ending == "review":
            self._asked[task.label] = now
            self._builds[build.id] = msgspec.structs.replace(build, state=b.Reviewing(digest=""))
            verifying = task if isinstance(task.state, t.Verifying) else move_task(task, t.Verifying(build=build.id))
            self._put(move_task(verifying, t.AwaitingReview(build=build.id, digest="")))
        else:
            self._fail(task, build, ending, now)

    def _fail(self, task: t.Task, build: b.Build, ending: str, now: datetime) -> None:
        retry, failures = self._settings.retry, task.failures + 1
        task = msgspec.structs.replace(task, failures=failures)
        if failures <= retry.times:
            self._over(task, build, t.Retrying(at=now + timedelta(seconds=retry.wait_s), text=ending))
            return
        self._asked[task.label] = now
        text = f"failed {failures} times; the last time: {ending}"
        self._over(task, build, t.Failed(build=build.id, text=text, at=now))

    def _over(self, task: t.Task, build: b.Build, state: t.TaskState) -> None:
        self._builds[build.id] = msgspec.structs.replace(
            build, state=b.Finished(ending="over", text="", at=self._view.at), ended_at=self._view.at
        )
        moved = move_task(task, state)
        self._put(self._again(moved, self._view.at) if isinstance(state, t.Done) and task.spec.cron else moved)

    def _put(self, task: t.Task) -> None:
        self._tasks[task.label] = task
        self._waiting.update(task)

    def _told(self, end: datetime) -> Played:
        facts = self._gathered()
        waits: list[Wait] = []
        over: list[tuple[str, str, float]] = []
        for task in self._tasks.values():
            if isinstance(task.state, _IN_QUEUE):
                verdict = judge(task, self._view, facts, self._rules)
                waits.append(self._waiting_for(task, verdict))
                rules = {found.rule for found in verdict.against}
                if rules and rules <= _ROOM:
                    over.append((self._where(task, facts), task.label, self._durations.expected(task.spec).median_s))
            elif isinstance(task.state, t.AwaitingReview) or (
                task.label in self._asked and isinstance(task.state, t.Failed)
            ):
                waits.append(self._waiting_for(task, None))
        bouts = tuple(self._bouts.values())
        windows = stretches(self._changes, end, bouts)
        return Played(
            start=self._start_at,
            end=end,
            seed=self._scenario.seed,
            assumed=self._assumed(),
            running=tuple(bout for bout in bouts if bout.build in self._under_way),
            starts=tuple(bout for bout in bouts if bout.build not in self._under_way),
            waits=tuple(sorted(waits, key=lambda wait: (wait.whom != "you", wait.label))),
            windows=windows,
            overflow=overflow(windows, sorted(over)),
            commands=self._commands(end),
            decisions=self._decisions,
        )

    def _commands(self, end: datetime) -> tuple[Slot, ...]:
        found = []
        for name, schedule in self._settings.schedules.items():
            state = self._view.schedules.get(name, ScheduleState(name=name))
            if not schedule.enabled or state.paused:
                continue
            late = timetable.delay(schedule)
            cron, zone = timetable.cron_of(schedule)
            times, _ = slots_between(cron, zone, self._start_at - late - _TICK, end - late - _TICK, _TOLD)
            found += [Slot(name=name, at=at + late, run=schedule.run) for at in times]
        return tuple(sorted(found, key=lambda slot: (slot.at, slot.name)))

    def _waiting_for(self, task: t.Task, verdict: Verdict | None) -> Wait:
        state = task.state
        if verdict is not None:
            told = [found for found in verdict.against if found.verdict is verdict.stance]
            depends = any(found.rule == blockers.DEPENDENCIES for found in told)
            whom = "you" if verdict.stance in _FIRM else "tasks" if depends else "time"
            reason = "; ".join(found.text for found in told) or "starts at the very end of this time"
        elif isinstance(state, t.AwaitingReview):
            whom, reason = "you", state.blocked or "it is built, and its diff waits for your review"
        else:
            whom, reason = "you", str(getattr(state, "text", ""))
        since = self._asked.get(task.label) if whom == "you" else None
        return Wait(label=task.label, state=task.state_name, whom=whom, reason=reason, since=since)

    @staticmethod
    def _where(task: t.Task, facts: Facts) -> str:
        """The window that a task finds no room in."""
        if at_any_time(task.spec):
            return ""
        opens = window.opens_at(task.spec, facts.spans, facts.now)
        return next((span.window.name for span in facts.spans if opens and span.opens_at <= opens < span.closes_at), "")

    def _assumed(self) -> tuple[str, ...]:
        sources = Counter(bout.source for bout in self._bouts.values())
        drawn = [words.format(sources[source]) for source, words in _SOURCES.items() if sources[source]]
        control, share = self._view.control, self._scenario.failing
        told = ["an engine runs all the time"]
        if self._observed:
            told.append("it is live, although it observes now and executes nothing")
        if control.stopped or self._view.engine.stop_file:
            told.append("the kill switch stays engaged, so nothing starts")
        if control.paused:
            told.append("the queue stays paused, so nothing starts")
        if drawn:
            told.append(f"durations are drawn (seed {self._scenario.seed}): {', '.join(drawn)}")
        told.append(f"{share:.0%} of the builds fail" if share else "no build fails")
        told.append("you say yes to everything at once" if self._scenario.approve_all else "you answer nothing")
        return tuple(told)


_FIRM = (Stance.ASK, Stance.HOLD)
_IN_QUEUE = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)
_SOURCES = {
    "estimate": "{} by an estimate",
    "history": "{} by what such builds took before",
    "default": f"{{}} taken to last {lasting(ASSUMED_S)} for want of an estimate",
}
