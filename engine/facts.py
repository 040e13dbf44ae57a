"""Gathers from a view what the rules need to know."""

from datetime import datetime

from engine.policy.facts import Facts, Rules
from engine.schedule.planner import claims
from state.model.build import Build
from state.model.view import View
from state.settings import SandboxKind, Settings


def gather(view: View, settings: Settings, now: datetime, occupying: tuple[Build, ...] | None = None) -> Facts:
    """Return the moment's facts; `occupying` saves a walk over all builds when the caller knows them."""
    if occupying is None:
        occupying = tuple(build for build in view.builds.values() if build.occupies)
    active = claims((view.tasks[build.label], build) for build in occupying if build.label in view.tasks)
    return Facts(
        now=now,
        slots=settings.queue.slots,
        active=active,
        stopped=view.control.stopped or view.engine.stop_file,
        paused=view.control.paused,
        sandbox_trouble=view.engine.sandbox,
    )


def rules_of(settings: Settings) -> Rules:
    """Return the part of the settings that decides whether something may start."""
    unsandboxed = frozenset(label for label, task in settings.tasks.items() if task.sandbox is SandboxKind.NONE)
    return Rules(budget_over=settings.approval.budget_over, unsandboxed=unsandboxed)
