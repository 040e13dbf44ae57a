"""Keeps the circuit breakers in step with what comes of builds, and tells the operator of those that open."""

from engine.hall import Hall
from engine.policy.times import say_here
from engine.safety.limits import circuit
from state.model.brakes.breaker import COMMAND, Breaker, Closed, HalfOpen, Open, breaker_key
from state.model.build import Build, Finished
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.task import Category
from state.model.view import Record
from state.zones import zone_of


def began(hall: Hall, build: Build) -> tuple[Breaker, ...]:
    """Take note that a build was decided on: it may be the one that tries whether all is well again.

    Like the others it returns what has changed without being worth a word of its own, to be staged with the build.
    """
    return _keep(hall, build, circuit.began(_of(hall, build), build.id, hall.clock.now()))


def passed(hall: Hall, build: Build) -> tuple[Breaker, ...]:
    """Take note that a build did what was asked."""
    rules = hall.settings.breaker
    told = circuit.passed(_of(hall, build), build.id, _changed(hall, build), hall.clock.now(), rules)
    return _keep(hall, build, told)


def ended(hall: Hall, build: Build) -> tuple[Breaker, ...]:
    """Take note of how a build that is over ended."""
    assert isinstance(build.state, Finished)
    now = hall.clock.now()
    if build.state.ending == "done":
        return passed(hall, build)
    if build.state.ending == "failed":
        told = circuit.failed(_of(hall, build), build.id, build.state.text, now, hall.settings.breaker)
        return _keep(hall, build, told)
    return _keep(hall, build, circuit.withdrawn(_of(hall, build), build.id, now))


def _of(hall: Hall, build: Build) -> Breaker:
    known = hall.store.breakers.get(breaker_key(COMMAND, build.repo))
    return known or Breaker(runner=COMMAND, repo=build.repo.rstrip("/"))


def _changed(hall: Hall, build: Build) -> bool | None:
    """Whether a build changed anything; None where nobody asked it to."""
    if not build.repo or hall.task(build.label).spec.category is Category.EXTERNAL_ACTION:
        return None
    return bool(build.result)


def _keep(hall: Hall, build: Build, breaker: Breaker) -> tuple[Breaker, ...]:
    """Write down that it opened or closed, and ask or take back the question; return what is only counted."""
    before = _of(hall, build)
    if breaker == before:
        return ()
    records: list[Record] = [breaker]
    now = hall.clock.now()
    match breaker.state:
        case Open(until=until) if breaker.opened > before.opened:
            action, why = "breaker_opened", breaker.text
            records.append(_question(hall, breaker, build, say_here(until, now, zone_of(hall.settings.time.zone))))
        case Open() if isinstance(before.state, HalfOpen):
            action, why = "breaker_opened", f"{build.id} came to no end of its own, so another one may try"
        case HalfOpen() if isinstance(before.state, Open):
            action, why = "breaker_tried", f"{build.id} tries whether it is mended: {breaker.text}"
        case Closed() if not isinstance(before.state, Closed):
            action, why = "breaker_closed", f"{build.id} succeeded"
            records += hall.questions.answer(breaker.subject, f"closed: {why}", now)
        case _:
            return (breaker,)
    hall.stage(records, action, why, build)
    return ()


def _question(hall: Hall, breaker: Breaker, build: Build, at: str) -> Escalation:
    where = f"in {breaker.repo}" if breaker.repo else "that needs no repository"
    text = (
        f"nothing more starts {where}: {breaker.text}; one build tries again from {at} on, "
        f"`midwatch breaker reset {breaker.key}` lets all of them start now"
    )
    kind, about, now = EscalationKind.SYSTEM_HEALTH, breaker.subject, hall.clock.now()
    return hall.questions.ask(kind, None, text, now, build=build.id, urgency=Urgency.HIGH, about=about)
