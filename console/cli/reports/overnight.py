"""`overnight`: the night begun, told in full, told in a minute, and whether it is one."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from console.cli.reports.spans import Night
    from console.cli.reports.telling import Look
    from engine.reports import night as reports

STARTED = "Overnight Session Started"
_EARLY = timedelta(hours=6)
"""How long before a night opens it may be begun: by who goes to bed early."""
_PLANNED = 10
"""How much of the plan is written down when the night begins."""


@click.group()
@in_workspace
def overnight() -> None:
    """Tell what a night is to bring, and in the morning what it brought."""


@overnight.command()
@with_json
@in_workspace
@click.pass_obj
def start(hand: Hand, as_json: bool) -> None:
    """Write down in `memory` that the night begins and what it may bring; once a night."""
    from console.cli.reports.spans import last_night, next_night, night_now
    from console.cli.reports.telling import look, plan_of
    from engine.reports import memory

    seen = look(hand)
    night = night_now(seen.settings, seen.now) or next_night(seen.settings, seen.now)
    night = night or last_night(seen.settings, seen.now)
    plan = plan_of(seen)
    before = _begun(seen, night)
    details = _details(seen, night, plan)
    if before:
        text = f"this night was begun before, at {before}; nothing more was written down"
    else:
        page = memory.add(seen.workspace, seen.local, STARTED, details)
        text = "\n".join([f"the night has begun; {page} says so", *details])
    if as_json:
        at = before or f"{seen.local:%H:%M}"
        say_json({"begun": not before, "at": at, "night": night, "plan": plan, "details": details})
    else:
        say(text)


@overnight.command()
@with_json
@in_workspace
@click.pass_obj
def report(hand: Hand, as_json: bool) -> None:
    """Tell everything that the last night brought, here and in `build-reports`."""
    from engine.reports.morning import overnight_report

    _tell(hand, overnight_report, "overnight", as_json)


@overnight.command()
@with_json
@in_workspace
@click.pass_obj
def brief(hand: Hand, as_json: bool) -> None:
    """Tell in a minute what shipped, what needs you and what comes next, here and in `build-reports`."""
    from engine.reports.morning import morning_brief

    _tell(hand, morning_brief, "brief", as_json)


@overnight.command("is-overnight")
@with_json
@in_workspace
@click.pass_context
def is_overnight(context: click.Context, as_json: bool) -> None:
    """Say whether it is night: exits 0 when it is and 1 when it is not."""
    from console.cli.reports.spans import next_night, night_now
    from engine.clock import SystemClock
    from engine.policy.times import say_here
    from state.zones import zone_of

    settings = context.ensure_object(Hand).settings()
    now, zone = SystemClock().now(), zone_of(settings.time.zone)
    present = night_now(settings, now)
    night = present or next_night(settings, now)
    if as_json:
        say_json({"overnight": present is not None, "at": now, "zone": settings.time.zone, "night": night})
    elif present is not None:
        say(f"it is night until {say_here(present.closes_at, now, zone)}")
    elif night is not None:
        say(f"it is day; the next night opens {say_here(night.opens_at, now, zone)}")
    else:
        say("it is day, and no night opens within two weeks")
    context.exit(0 if present else 1)


def _tell(hand: Hand, render: "Callable[[reports.Night, date, tzinfo], str]", name: str, as_json: bool) -> None:
    from console.cli.reports.spans import last_night
    from console.cli.reports.telling import happened, keep, look

    seen = look(hand)
    night = last_night(seen.settings, seen.now)
    told = happened(seen, night.opens_at)
    text = render(told, night.morning, seen.zone)
    path = keep(seen.workspace, f"{night.morning.isoformat()}-{name}.md", text)
    if as_json:
        say_json({"file": str(path), "morning": night.morning, "quiet": told.quiet, "report": told})
    else:
        say(text.removesuffix("\n"))


def _begun(seen: "Look", night: "Night") -> str:
    """Return at what time this night was begun, as `23:15`; nothing when it has not been."""
    from engine.reports import memory
    from engine.schedule.local import instant

    earliest = night.opens_at - _EARLY
    days = sorted({earliest.astimezone(seen.zone).date(), night.opens_at.astimezone(seen.zone).date(), night.morning})
    for day in days:
        for clock in memory.find(seen.workspace, day, STARTED):
            if earliest <= instant(datetime.combine(day, time.fromisoformat(clock)), seen.zone) < night.closes_at:
                return clock
    return ""


def _details(seen: "Look", night: "Night", plan: "reports.Plan") -> list[str]:
    from engine.policy.times import say_here
    from engine.reports.morning import plan_lines
    from engine.reports.night import standing

    until = say_here(night.closes_at, seen.now, seen.zone)
    opens = "" if night.holds(seen.now) else f"opens {say_here(night.opens_at, seen.now, seen.zone)} and "
    lines = [f"The night {opens}goes until {until}.", *(f"Stands in the way: {text}" for text in standing(seen.view))]
    tonight = [step for step in plan.ahead if step.at is not None and step.at < night.closes_at]
    planned = plan_lines(tonight, plan.asks, _PLANNED)
    later = len(plan.ahead) - len(tonight)
    if later:
        planned.append(f"after this night, or not without something else first: {later} more")
    return [*lines, *(planned or ["Nothing waits in the queue."])]
