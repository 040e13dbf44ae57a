"""Which tasks are worth queueing before anybody asks for them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from engine.learning.patterns.learn import Routine
from engine.learning.patterns.likeness import Likeness, of_task, stem
from engine.learning.patterns.predict import Prediction, predict, why
from engine.learning.patterns.suggest import fresh_label
from state.model import task as t
from state.model.learning.pattern import SOURCE, Pattern, Prebuilt
from state.model.record import Noun

AHEAD = timedelta(days=1)
"""So long before it is expected a task is queued: the check runs daily."""
_ENDED = (t.Done, t.Failed, t.Killed, t.Unknown)


class Ahead(Noun, frozen=True, kw_only=True):
    """A task to be queued for one occurrence of a pattern."""

    pattern: str
    at: datetime
    since: datetime
    """What was added from then on is what is expected."""
    confidence: float
    spec: t.Spec


def noted(routines: Iterable[Routine], known: Mapping[str, Pattern], now: datetime) -> list[Pattern]:
    """Return the record of each routine, with when it was first noted and what was built ahead for it."""
    found = []
    for routine in routines:
        before = known.get(routine.id)
        found.append(
            Pattern(
                id=routine.id,
                text=why(routine),
                noted_at=before.noted_at if before else now,
                confidence=routine.sure.confidence,
                low=routine.sure.low,
                high=routine.sure.high,
                hits=routine.sure.hits,
                occasions=routine.sure.n,
                prebuilt=before.prebuilt if before else (),
            )
        )
    return found


def ahead(
    routines: Sequence[Routine],
    tasks: Mapping[str, t.Task],
    known: Mapping[str, Pattern],
    over: float,
    now: datetime,
    zone: tzinfo,
) -> list[Ahead]:
    """Return what may be queued ahead within a day: of patterns surer than `over`, what is not there in any way yet.

    Only work whose latest like task was done is worth repeating unasked.
    """
    by_id = {routine.id: routine for routine in routines}
    chosen: list[Ahead] = []
    for expected in predict(routines, now, now + AHEAD, zone):
        routine = by_id[expected.pattern]
        if routine.like.kind != "task" or expected.confidence <= over or expected.at <= now:
            continue
        model = tasks.get(routine.last_label)
        if model is None or not isinstance(model.state, t.Done) or any(one.pattern == routine.id for one in chosen):
            continue
        since = _since(routine, expected, zone)
        before = known[routine.id].prebuilt if routine.id in known else ()
        if routine.last_at >= since or built_for(before, expected.at) or there(tasks.values(), routine.like, since):
            continue
        mark = f"{expected.at.astimezone(zone):%Y-%m-%d}"
        spec = _spec(model.spec, fresh_label(model.spec, mark, tasks))
        chosen.append(Ahead(pattern=routine.id, at=expected.at, since=since, confidence=expected.confidence, spec=spec))
    return chosen


def _since(routine: Routine, expected: Prediction, zone: tzinfo) -> datetime:
    """Return when the occurrence before was over: what came later was for the one that is expected."""
    if routine.rhythm is None:
        return max(start for start in routine.open if start <= expected.at)
    give = timedelta(minutes=routine.rhythm.give_min)
    before = routine.rhythm.coming(expected.at - timedelta(days=63), expected.at - 2 * give, zone)
    return (before[-1] if before else expected.at - timedelta(days=63)) + give


def _spec(like: t.Spec, label: str) -> t.Spec:
    """Return the same work anew: what it waited for then, it waits for no longer."""
    return msgspec.structs.replace(
        like, label=label, title=stem(like.title), source=SOURCE, start_at=None, cron="", zone="", depends=()
    )


def built_for(prebuilt: Iterable[Prebuilt], at: datetime) -> bool:
    """Whether something was queued for an occurrence already, though its time may have moved a little since."""
    return any(abs(one.at - at) < timedelta(hours=12) for one in prebuilt)


def there(tasks: Iterable[t.Task], like: Likeness, since: datetime) -> bool:
    """Whether a like task waits or is being built, or was added from a moment on."""
    for task in tasks:
        over = isinstance(task.state, _ENDED)
        if (not over or task.added_at >= since) and of_task(task.spec) == like:
            return True
    return False
