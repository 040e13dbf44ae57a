"""What is done about a build that uses a language model which the settings name no price of."""

from engine.desk.faults import RESUME, SUBJECT, faulted
from engine.hall import Hall
from engine.policy.limits import prices
from state.model.brakes.hold import Hold
from state.model.build import Build
from state.model.escalation import EscalationKind, Urgency
from state.model.view import Record
from state.settings import Unpriced


def found(hall: Hall, build: Build) -> Hold | None:
    """Return the hold for a build whose record names a model without a price; None for another."""
    used = prices.priced(build.tokens, hall.settings.prices)
    return prices.broken(build, used, hall.clock.now())


def pauses(hall: Hall) -> bool:
    """Whether such a build has everything wait, and not itself alone."""
    return hall.settings.unpriced is Unpriced.PAUSE


def paused(hall: Hall, build: Build) -> tuple[Record, str]:
    """Return the word that nothing is decided any more on account of a build, with what the operator is told."""
    missing = prices.missing(prices.unpriced(prices.priced(build.tokens, hall.settings.prices)))
    control = faulted(hall.store.control, missing, hall.clock.now())
    return control, f"nothing else is decided meanwhile: {RESUME}"


def asked(hall: Hall, build: Build) -> tuple[Record, ...]:
    """Return the pause, with a question of its own, for a build that was over before it could be held."""
    control, told = paused(hall, build)
    missing = prices.missing(prices.unpriced(prices.priced(build.tokens, hall.settings.prices)))
    text = f"{build.id} used a model whose cost cannot be counted: {missing}; {told}"
    kind = EscalationKind.SYSTEM_HEALTH
    question = hall.questions.ask(kind, None, text, hall.clock.now(), urgency=Urgency.URGENT, about=SUBJECT)
    return control, question
