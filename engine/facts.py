"""Gathers from a view what the rules need to know."""

from collections.abc import Mapping
from datetime import datetime

from engine.policy.facts import Facts, Rules
from engine.policy.limits.legal import Ruled
from engine.safety.limits.usual import Usual
from engine.schedule.almanac import Almanac
from engine.schedule.planner import claims
from state.model.brakes.usage import Amount
from state.model.build import Build
from state.model.task import Category
from state.model.view import View
from state.model.when.context import Situation
from state.model.when.window import Span
from state.settings import SandboxKind, Settings
from state.zones import zone_of


def gather(
    view: View,
    settings: Settings,
    now: datetime,
    occupying: tuple[Build, ...] | None = None,
    spans: tuple[Span, ...] | None = None,
    usual: Mapping[Category, Amount] | None = None,
) -> Facts:
    """Return the moment's facts; `occupying`, `spans` and `usual` save walks over all builds and over two weeks."""
    if occupying is None:
        occupying = tuple(build for build in view.builds.values() if build.occupies)
    if spans is None:
        spans = Almanac(settings).spans(now) if settings.windows else ()
    situation = view.engine.situation
    if usual is None:
        usual = Usual(view.tasks, view.builds.values()).medians
    at_work = ((view.tasks[build.label], build) for build in occupying if build.label in view.tasks)
    active = claims(at_work, usual, view.progress)
    return Facts(
        now=now,
        slots=settings.queue.slots if situation is None else situation.slots,
        slots_why=_why_slots(situation, settings.queue.slots),
        spans=spans,
        active=active,
        stopped=view.control.stopped or view.engine.stop_file,
        paused=view.control.paused,
        usage=view.engine.limits,
        usual=usual,
        sandbox_trouble=view.engine.sandbox,
    )


def _why_slots(situation: Situation | None, usual: int) -> str:
    if situation is None or situation.slots == usual:
        return ""
    if situation.trouble and not situation.slots:
        return situation.trouble
    return f"{situation.context}: {situation.why}"


def _domains(written: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(domain.lower().strip(".") for domain in written if domain.strip("."))


def rules_of(settings: Settings) -> Rules:
    """Return the part of the settings that decides whether something may start."""
    unsandboxed = frozenset(label for label, task in settings.tasks.items() if task.sandbox is SandboxKind.NONE)
    return Rules(
        budget_over=settings.approval.budget_over,
        unsandboxed=unsandboxed,
        windows=tuple(settings.windows.values()),
        secrets=frozenset(settings.secrets),
        granted={label: frozenset(task.secrets) for label, task in settings.tasks.items() if task.secrets},
        ruled=Ruled(
            domains=_domains(settings.legal.blocked_domains),
            terms=_domains(settings.legal.no_automation),
            effects=settings.legal.blocked_actions,
        ),
        zone=zone_of(settings.time.zone),
    )
