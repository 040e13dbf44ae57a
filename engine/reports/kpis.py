"""How well it all goes, in a few figures against goals; what the record does not tell stays unknown."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from engine.reports.night import FIXED
from engine.reports.runs import Span, ending, over_at
from engine.reports.stats import Rate, rate
from engine.safety import crash
from state.journal import Decision
from state.model.build import Build, Result
from state.model.learning.pattern import NOTED
from state.model.money import MICRO
from state.model.reason import ENGINE
from state.model.record import Noun
from state.model.task import Category
from state.model.view import View

_DAY_S = 86_400.0
_WEEK_DAYS = 7.0
_HOUR_S = 3600.0


class Goal(Noun, frozen=True, kw_only=True):
    """What a figure should be: at least `low`; `high` is as much as is looked for."""

    low: float
    high: float | None = None


NIGHTLY = Goal(low=2, high=3)
"""Builds shipped in a night."""
WEEKLY = Goal(low=14, high=21)
WEEKLY_HOURS = Goal(low=42, high=56)
DAILY_PROBLEMS = Goal(low=1, high=2)
WEEKLY_PATTERNS = Goal(low=1, high=2)


class Figure(Noun, frozen=True, kw_only=True):
    """One figure; `value` is None where the record does not tell it."""

    value: float | None
    help: str
    text: str = ""
    """Why it is unknown, or what it leaves out, in words."""
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is none to tell it by."""
        return None if self.goal is None or self.value is None else self.value >= self.goal.low


class Uptime(Noun, frozen=True, kw_only=True):
    """For how long an engine was at work, in seconds of the time that the record covers."""

    covered_s: float
    up_s: float
    """Provably at work."""
    unknown_s: float
    """Between the last sign of an engine that crashed and the next one's start."""
    starts: int
    crashes: int


class Kpis(Noun, frozen=True, kw_only=True):
    """All figures of a span."""

    span: Span
    uptime: Uptime
    verified: Rate
    """Of the builds that did or did not do what was asked, those that were verified and not taken back."""
    shipped: int
    unestimated: int
    """Shipped builds whose task has no estimate, so that their hours are not counted."""
    nights: tuple[int, ...]
    """Builds shipped in each night, the first first."""
    figures: Mapping[str, Figure]
    """By name, in the order in which they are told."""


def measure(view: View, decisions: Sequence[Decision], span: Span, nights: Sequence[Span] = ()) -> Kpis:
    """Return the figures of a span. `decisions` are those in it, the first first; `nights` those that count."""
    over = [build for build in view.builds.values() if span.holds(over_at(build))]
    shipped = [build for build in over if ending(build) == "done" and build.reverted.result is not Result.YES]
    judged = [build for build in over if ending(build) in {"done", "failed"}]
    verified = rate(sum(_proven(build) for build in judged), len(judged))
    uptime = _uptime(view, decisions, span)
    # Before the record begins nothing was shipped by anybody's fault.
    begins = view.at - timedelta(seconds=uptime.covered_s)
    nights = [night for night in nights if night.starts_at >= begins]
    hours = [task.spec.hours for build in shipped if (task := view.tasks.get(build.label)) and task.spec.hours]
    told = {
        "uptime_ratio": _up(uptime),
        "shipped_per_night": _per_night(shipped, nights),
        "shipped_per_week": _per(len(shipped), uptime, _WEEK_DAYS, "Builds shipped a week.", WEEKLY),
        "shipped_hours_per_week": _per(
            sum(hours), uptime, _WEEK_DAYS, "Hours of work shipped a week, by the tasks' estimates.", WEEKLY_HOURS
        ),
        "problems_fixed_per_day": _per(
            sum(_category(view, build) is Category.BUG_FIX for build in shipped) + _mended(decisions, span),
            uptime,
            1.0,
            "Bug fixes shipped a day, and problems that were fixed without you.",
            DAILY_PROBLEMS,
        ),
        "patterns_per_week": _per(
            sum(decision.action == NOTED for decision in decisions),
            uptime,
            _WEEK_DAYS,
            "Routines noticed a week, each once.",
            WEEKLY_PATTERNS,
        ),
        "accuracy_ratio": Figure(
            value=verified.successes / verified.n if verified.n else None,
            help="Builds that were verified and not taken back, of those that succeeded or failed.",
            text="" if verified.n else "no build succeeded or failed",
        ),
        **_money(over, shipped, hours),
        "productivity_multiplier": Figure(
            value=None,
            help="Hours of work shipped for each hour that the operator worked with it.",
            text="the record does not tell how long the operator worked",
        ),
    }
    return Kpis(
        span=span,
        uptime=uptime,
        verified=verified,
        shipped=len(shipped),
        unestimated=len(shipped) - len(hours),
        nights=tuple(sum(night.holds(over_at(build)) for build in shipped) for night in nights),
        figures=told,
    )


def _mended(decisions: Sequence[Decision], span: Span) -> int:
    return sum(decision.action == FIXED and span.holds(decision.at) for decision in decisions)


def _proven(build: Build) -> bool:
    return build.verified.result is Result.YES and build.reverted.result is not Result.YES


def _category(view: View, build: Build) -> Category | None:
    task = view.tasks.get(build.label)
    return task.spec.category if task else None


def _up(uptime: Uptime) -> Figure:
    told = "Share of the time that an engine was at work."
    if not uptime.covered_s:
        return Figure(value=None, help=told, text="no engine has started yet, as far as the record goes")
    text = ""
    if uptime.unknown_s:
        most = (uptime.up_s + uptime.unknown_s) / uptime.covered_s
        text = f"at most {most:.2%}: nobody knows when in the time before its next start an engine crashed"
    return Figure(value=uptime.up_s / uptime.covered_s, help=told, text=text)


def _per_night(shipped: Sequence[Build], nights: Sequence[Span]) -> Figure:
    told = "Builds shipped in a night, on average."
    if not nights:
        return Figure(value=None, help=told, text="the record holds no whole night", goal=NIGHTLY)
    count = sum(night.holds(over_at(build)) for build in shipped for night in nights)
    return Figure(value=count / len(nights), help=told, goal=NIGHTLY)


def _per(count: float, uptime: Uptime, days: float, told: str, goal: Goal) -> Figure:
    covered_days = uptime.covered_s / _DAY_S
    if covered_days < 1:
        return Figure(value=None, help=told, text="the record goes back less than a day", goal=goal)
    return Figure(value=count * days / covered_days, help=told, goal=goal)


def _money(over: Sequence[Build], shipped: Sequence[Build], hours: Sequence[float]) -> dict[str, Figure]:
    """Return what was paid for what; what a result is worth nobody has written down."""
    spent = sum(build.spent for build in over) / MICRO
    none = "nothing was shipped"
    return {
        "dollars_per_build": Figure(
            value=spent / len(shipped) if shipped else None,
            help="What was spent for each build shipped, failed ones included.",
            text="" if shipped else none,
        ),
        "dollars_per_hour_shipped": Figure(
            value=spent / sum(hours) if hours else None,
            help="What was spent for each hour of work shipped.",
            text="" if hours else "no shipped task has an estimate" if shipped else none,
        ),
        "return_on_cost": Figure(
            value=None,
            help="What the results are worth, for each dollar spent.",
            text="the record does not tell what a result is worth",
        ),
    }


def _uptime(view: View, decisions: Sequence[Decision], span: Span) -> Uptime:
    """Add up the time between an engine's start and its end, or its last sign of life."""
    up = timedelta()
    unknown = timedelta()
    starts = crashes = 0
    running_since: datetime | None = span.starts_at if _ran_before(view, decisions, span) else None
    first = running_since
    last_sign = span.starts_at
    for decision in decisions:
        if decision.action == crash.STARTED:
            starts += 1
            first = first or decision.at
            running_since = decision.at
        elif decision.action == crash.ENDED and running_since is not None:
            up += decision.at - running_since
            running_since = None
        elif decision.action == crash.KIND:
            crashes += 1
            if running_since is not None:
                heard = max(last_sign, running_since)
                up += heard - running_since
                unknown += decision.at - heard
                running_since = None
        if decision.actor == ENGINE:
            last_sign = decision.at
    if running_since is not None:
        until = view.at if view.engine.mode != "stopped" else max(last_sign, running_since)
        up += until - running_since
        unknown += view.at - until
    covered = (view.at - first).total_seconds() if first is not None else 0.0
    return Uptime(
        covered_s=max(0.0, covered),
        up_s=max(0.0, up.total_seconds()),
        unknown_s=max(0.0, unknown.total_seconds()),
        starts=starts,
        crashes=crashes,
    )


def _ran_before(view: View, decisions: Sequence[Decision], span: Span) -> bool:
    """Whether an engine was at work when the span began: the first that is told of one in it says so."""
    for decision in decisions:
        if decision.action == crash.STARTED:
            return False
        if decision.action in {crash.ENDED, crash.KIND}:
            return True
    started = view.engine.started_at
    return view.engine.mode != "stopped" and started is not None and started < span.starts_at
