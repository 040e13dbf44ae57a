"""Which long tasks fit a weekend, and how far they have come."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from engine.policy import estimate
from engine.policy.moment.window import takes
from engine.policy.times import lasting
from engine.reports.runs import Span, ending, over_at
from state.model import task as t
from state.model.build import Build
from state.model.record import Noun
from state.model.verdict import Stance, Verdict
from state.model.view import View
from state.model.when.context import Change
from state.model.when.window import Span as Opening

LONG_S = 4 * 3600.0
"""From which estimate on a task is a long one, in seconds."""


class Fit(Noun, frozen=True, kw_only=True):
    """A long task with a place in the weekend."""

    label: str
    title: str
    starts_at: datetime
    ends_at: datetime
    """By its estimate."""
    window: str
    """Empty where it needs none."""
    approved: bool
    """Whether nothing but its turn is awaited; else it starts only once the operator agrees."""
    text: str


class Left(Noun, frozen=True, kw_only=True):
    """A long task that has no place in it."""

    label: str
    title: str
    text: str


class Suggestion(Noun, frozen=True, kw_only=True):
    """What a weekend can hold, in the queue's order."""

    span: Span
    fits: tuple[Fit, ...]
    left: tuple[Left, ...]
    asked_s: float
    """All their estimates, added up, in seconds."""
    given_s: float
    """Those of the ones that fit."""


class Room(Noun, frozen=True, kw_only=True):
    """What a weekend has to give."""

    span: Span
    openings: Sequence[Opening]
    """The windows that count in it, in order."""
    windowed: bool
    """Whether any are configured; where none are, any time is fine."""
    changes: Sequence[Change]
    """How many builds at the same time, from the first moment on."""

    def slots(self, at: datetime) -> int:
        """Return how many builds may run at the same time at a moment."""
        known = [change.slots for change in self.changes if change.at <= at]
        return known[-1] if known else 0

    def opening(self, at: datetime) -> Opening | None:
        """Return the window that counts at a moment."""
        return next((opening for opening in self.openings if opening.opens_at <= at < opening.closes_at), None)

    def takes(self, spec: t.Spec, at: datetime) -> bool:
        """Whether a task may start at a moment, and is over when the weekend is."""
        if at < self.span.starts_at or at + _length(spec) > self.span.ends_at:
            return False
        if not self.windowed or estimate.at_any_time(spec):
            return True
        opening = self.opening(at)
        return opening is not None and takes(spec, opening, at)


def is_long(task: t.Task) -> bool:
    """Whether a task is estimated long enough for a weekend; one without an estimate is not."""
    return task.spec.hours is not None and estimate.seconds(task.spec) >= LONG_S


def suggest(view: View, ordered: Sequence[t.Task], verdicts: Mapping[str, Verdict], room: Room) -> Suggestion:
    """Place the long ones of the tasks that wait, `ordered` as in the queue, each as early as it can be.

    Builds under way keep their slots for as long as they were estimated. Short tasks are left out of account: they may
    take slots as well.
    """
    taken = [_underway(view, build, room) for build in view.builds.values() if build.occupies]
    places: dict[str, tuple[datetime, datetime]] = {}
    fits: list[Fit] = []
    left: list[Left] = []
    long = [task for task in ordered if is_long(task)]
    for task in long:
        verdict = verdicts[task.label]
        ready, why_not = _ready(view, task, verdict, places, room)
        start = None if ready is None else _first(task.spec, ready, [*taken, *places.values()], room)
        if start is None:
            text = why_not or _why_no_place(task.spec, room)
            left.append(Left(label=task.label, title=task.spec.title, text=text))
            continue
        places[task.label] = (start, start + _length(task.spec))
        fits.append(_fit(task, verdict, places[task.label], room))
    return Suggestion(
        span=room.span,
        fits=tuple(fits),
        left=tuple(left),
        asked_s=sum(estimate.seconds(task.spec) for task in long),
        given_s=sum((fit.ends_at - fit.starts_at).total_seconds() for fit in fits),
    )


class Underway(Noun, frozen=True, kw_only=True):
    """A long task that is being built."""

    label: str
    title: str
    percent: int
    step: str
    started_at: datetime | None


class Progress(Noun, frozen=True, kw_only=True):
    """How far the long tasks have come in a weekend."""

    span: Span
    over: bool
    done: tuple[str, ...]
    """Labels of those that were finished in it."""
    failed: tuple[str, ...]
    """Labels of those that failed, were killed or were lost in it, and have not been done since."""
    underway: tuple[Underway, ...]
    waits: tuple[str, ...]
    """Labels of those in the queue."""
    reviews: tuple[str, ...]
    """Labels of those whose result waits for the operator."""


def progress(view: View, span: Span) -> Progress:
    """Return how far the long tasks have come."""
    long = {label: task for label, task in view.tasks.items() if is_long(task)}
    ended = [build for build in view.builds.values() if build.label in long and span.holds(over_at(build))]
    done = {build.label for build in ended if ending(build) == "done"}
    running = {build.label: build for build in view.builds.values() if build.occupies and build.label in long}
    waiting = (t.Queued, t.Held, t.AwaitingApproval, t.Retrying)
    return Progress(
        span=span,
        over=view.at >= span.ends_at,
        done=tuple(sorted(done)),
        failed=tuple(sorted({build.label for build in ended} - done - running.keys())),
        underway=tuple(_now(view, build) for _, build in sorted(running.items())),
        waits=tuple(sorted(label for label, task in long.items() if isinstance(task.state, waiting))),
        reviews=tuple(sorted(label for label, task in long.items() if isinstance(task.state, t.AwaitingReview))),
    )


def _length(spec: t.Spec) -> timedelta:
    return timedelta(seconds=estimate.seconds(spec))


def _underway(view: View, build: Build, room: Room) -> tuple[datetime, datetime]:
    task = view.tasks.get(build.label)
    begun = build.started_at or build.created_at
    return begun, max(view.at, begun + (_length(task.spec) if task else room.span.ends_at - begun))


def _ready(
    view: View, task: t.Task, verdict: Verdict, places: Mapping[str, tuple[datetime, datetime]], room: Room
) -> tuple[datetime | None, str]:
    """Return from when on a task can start, as far as other things than slots and windows decide; or why it cannot."""
    if verdict.stance is Stance.HOLD:
        return None, "; ".join(finding.text for finding in verdict.against if finding.verdict is Stance.HOLD)
    ready = max(room.span.starts_at, view.at, task.spec.start_at or view.at)
    if isinstance(task.state, t.Retrying):
        ready = max(ready, task.state.at)
    for name in task.spec.depends:
        before = view.tasks.get(name)
        if name in places:
            ready = max(ready, places[name][1])
        elif before is not None and not _soon(before):
            return None, f"depends on {name}, which is not known to be done by then"
    return ready, ""


def _soon(task: t.Task) -> bool:
    """Whether a task is done, or short and without anything against it."""
    return isinstance(task.state, t.Done) or (isinstance(task.state, t.Queued) and not is_long(task))


def _first(spec: t.Spec, ready: datetime, taken: Sequence[tuple[datetime, datetime]], room: Room) -> datetime | None:
    edges = [opening.opens_at for opening in room.openings]
    edges += [change.at for change in room.changes]
    edges += [end for _, end in taken]
    for at in sorted({ready, *(edge for edge in edges if edge > ready)}):
        if room.takes(spec, at) and _free(at, at + _length(spec), taken, room):
            return at
    return None


def _free(start: datetime, end: datetime, taken: Sequence[tuple[datetime, datetime]], room: Room) -> bool:
    """Whether a slot is left at its start, and left to what has a place already when that starts."""
    moments = [start, *(begins for begins, _ in taken if start < begins < end)]
    return all(sum(begins <= at < ends for begins, ends in taken) < room.slots(at) for at in moments)


def _fit(task: t.Task, verdict: Verdict, place: tuple[datetime, datetime], room: Room) -> Fit:
    opening = room.opening(place[0])
    needs = room.windowed and not estimate.at_any_time(task.spec)
    asks = [finding.text for finding in verdict.against if finding.verdict is Stance.ASK]
    text = estimate.said(task.spec)
    if asks:
        text += f"; only once you agree ({'; '.join(asks)}): `midwatch approve {task.label}`"
    return Fit(
        label=task.label,
        title=task.spec.title,
        starts_at=place[0],
        ends_at=place[1],
        window=opening.window.name if needs and opening else "",
        approved=not asks,
        text=text,
    )


def _why_no_place(spec: t.Spec, room: Room) -> str:
    told = estimate.said(spec)
    moments = {room.span.starts_at, *(opening.opens_at for opening in room.openings)}
    if not any(room.takes(spec, at) for at in moments):
        if not room.windowed or estimate.at_any_time(spec):
            return f"{told}, and {lasting((room.span.ends_at - room.span.starts_at).total_seconds())} are left"
        why = {
            f"the {found.window.name} window {text}"
            for found in room.openings
            if (text := estimate.against(spec, found.window))
        }
        return f"{told}, and no window of the weekend is left that long" + (
            f": {'; '.join(sorted(why))}" if why else ""
        )
    return f"{told}, and no slot is free for as long: what is ahead of it has them"


def _now(view: View, build: Build) -> Underway:
    figures = view.progress.get(build.id)
    task = view.tasks.get(build.label)
    return Underway(
        label=build.label,
        title=task.spec.title if task else "",
        percent=figures.percent if figures else build.percent,
        step=figures.step if figures else build.step,
        started_at=build.started_at,
    )
