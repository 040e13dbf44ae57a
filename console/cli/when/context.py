"""`context`: what kind of time it is, what comes, and the operator's own word on it."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json, with_reason

if TYPE_CHECKING:
    from engine.schedule.almanac import Almanac
    from state.model.view import View
    from state.model.when.context import Change, Situation
    from state.settings import Settings

_CONTEXTS = ("available", "working", "sleeping", "away", "gym", "meeting", "weekend")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_MOST_DAYS = 14


@click.group()
@in_workspace
def context() -> None:
    """Tell what kind of time it is, and say what it is: that decides on what may start, and how much at once."""


@context.command()
@with_json
@in_workspace
@click.pass_obj
def detect(hand: Hand, as_json: bool) -> None:
    """Say what kind of time it is now, and why."""
    view, situation, _ = _look(hand)
    if as_json:
        say_json(_now(situation))
    else:
        say(_told(situation, view.at, _zone(hand.settings())))


@context.command()
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=2, show_default=True, help="How far to look.")
@with_json
@in_workspace
@click.pass_obj
def upcoming(hand: Hand, days: int, as_json: bool) -> None:
    """List the changes to come."""
    view, _, almanac = _look(hand)
    changes = _changes(view, almanac, days)
    if as_json:
        say_json([_change(change) for change in changes])
    elif changes:
        say(_table(changes, view.at, almanac.zone))
    else:
        say(f"nothing changes within {days} days")


@context.command()
@with_json
@in_workspace
@click.pass_obj
def summary(hand: Hand, as_json: bool) -> None:
    """Tell all of it: now, the day to come, the windows and what each context allows."""
    from state.settings import context_rules

    view, situation, almanac = _look(hand)
    settings = hand.settings()
    changes = _changes(view, almanac, 1)
    windows = sorted(settings.windows.values(), key=lambda window: -window.priority)
    slots = {name.value: rule.of(settings.queue.slots) for name, rule in context_rules(settings).items()}
    if as_json:
        say_json(
            {
                "now": _now(situation),
                "zone": settings.time.zone,
                "upcoming": [_change(change) for change in changes],
                "windows": windows,
                "slots": slots,
                "override": view.control.override,
            }
        )
        return
    from state.settings.week import show_clock, show_days

    parts = [_told(situation, view.at, almanac.zone)]
    if changes:
        parts.append(_table(changes, view.at, almanac.zone))
    if windows:
        lines = [
            f"{window.name}: {show_days(window.days)} {show_clock(window.start_min)}-{show_clock(window.end_min)}, "
            f"{window.context}, {window.lowest} priority and above"
            for window in windows
        ]
        parts.append("\n".join(lines).replace('"', ""))
    else:
        parts.append("no windows are configured: any time is fine ([windows] in midwatch.toml)")
    allowed = ", ".join(f"{name} {count}" for name, count in slots.items())
    parts.append(f"builds at the same time: {allowed}; by the clock of {settings.time.zone}")
    say("\n\n".join(parts))


@context.command("set")
@click.argument("name", type=click.Choice(_CONTEXTS, case_sensitive=False))
@click.option("--until", metavar="TIME", help='Such as 19:00, "2h" or 2026-02-06T19:00; without it until `clear`.')
@with_reason
@in_workspace
@click.pass_obj
def set_(hand: Hand, name: str, until: str | None, reason: str) -> None:
    """Say what kind of time it is, whatever windows and calendar say."""
    from engine.clock import SystemClock
    from state.model.command import SetContext
    from state.model.when.context import Context

    end = None if until is None else moment(until, SystemClock().now(), _zone(hand.settings()))
    with hand.control() as control:
        say(ask(control, SetContext(context=Context(name), until=end, why=reason)).text)


@context.command()
@with_reason
@in_workspace
@click.pass_obj
def clear(hand: Hand, reason: str) -> None:
    """Let windows and calendar say again what kind of time it is."""
    from state.model.command import ClearContext

    with hand.control() as control:
        say(ask(control, ClearContext(why=reason)).text)


@context.command()
@click.argument("file", type=click.Path(dir_okay=False))
@click.option("--window", "name", default="overnight", show_default=True, metavar="NAME", help="Whose time.")
@in_workspace
@click.pass_obj
def block(hand: Hand, file: str, name: str) -> None:
    """Write an .ics file that sets the time of a window aside in your calendar, week by week."""
    from pathlib import Path

    from engine.clock import SystemClock
    from engine.schedule.calendar import building_time
    from state.files import atomic_write
    from state.settings.windows import BUILT_IN

    settings = hand.settings()
    window = settings.windows.get(name) or BUILT_IN.get(name)
    if window is None:
        raise Refused(f"there is no window {name!r}: there are {', '.join({**BUILT_IN, **settings.windows})}", 2)
    atomic_write(Path(file).absolute(), building_time(window, settings.time.zone, SystemClock().now()))
    say(f"{file}: import it into your calendar; Midwatch itself does not take it for a meeting")


def moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the moment that an operator means by `19:00` (the next one), `2h` or an ISO time; raises Refused."""
    from engine.schedule.local import instant
    from state.units import parse_duration

    clock = _CLOCK.fullmatch(text.strip())
    if clock:
        local = now.astimezone(zone)
        wall = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0, tzinfo=None)
        at = instant(wall, zone)
        return at if at > now else instant(wall + timedelta(days=1), zone)
    unclear = Refused(f'{text!r} is no time: write 19:00, "2h" or 2026-02-06T19:00', 2)
    if text.strip().isdecimal():
        raise unclear  # hours, minutes or a time of day?
    try:
        return now + timedelta(seconds=parse_duration(text.strip().removeprefix("+")))
    except (ValueError, OverflowError):
        pass
    try:
        named = datetime.fromisoformat(text.strip())
    except ValueError:
        raise unclear from None
    return instant(named, zone) if named.tzinfo is None else named.astimezone(now.tzinfo)


def _look(hand: Hand) -> "tuple[View, Situation, Almanac]":
    from engine.schedule.almanac import Almanac

    with hand.control() as control:
        view = control.view()
    almanac = Almanac(hand.settings())
    if almanac.calendar.files:
        almanac.take(almanac.calendar.read(view.at))
    return view, view.engine.situation or almanac.situation(view.at, view.control), almanac


def _changes(view: "View", almanac: "Almanac", days: int) -> "tuple[Change, ...]":
    return almanac.changes(view.at, view.at + timedelta(days=days), view.control)[1:]


def _zone(settings: "Settings") -> tzinfo:
    from state.zones import zone_of

    return zone_of(settings.time.zone)


def _now(situation: "Situation") -> dict[str, Any]:
    return {
        "context": situation.context.value,
        "window": situation.window,
        "since": situation.since,
        "until": situation.until,
        "window_until": situation.window_until,
        "why": situation.why,
        "intensity": situation.intensity,
        "slots": situation.slots,
        "trouble": situation.trouble,
    }


def _change(change: "Change") -> dict[str, Any]:
    return {"at": change.at, "context": change.context.value, "window": change.window, "slots": change.slots}


def _told(situation: "Situation", now: datetime, zone: tzinfo) -> str:
    from engine.policy.times import lasting, say_here

    since = f" since {say_here(situation.since, now, zone)}" if situation.since else ""
    until = f" until {say_here(situation.until, now, zone)}" if situation.until else ""
    lines = [f"{situation.context.value}{since}{until}: {situation.why}"]
    if situation.window and situation.window_until:
        left = lasting((situation.window_until - now).total_seconds())
        lines.append(f"window: {situation.window} until {say_here(situation.window_until, now, zone)}, {left} left")
    elif situation.window:
        lines.append(f"window: {situation.window}, without an end that is known")
    elif situation.window_until:
        lines.append(f"window: none; the next opens {say_here(situation.window_until, now, zone)}")
    lines.append(f"intensity: {situation.intensity} %, builds at the same time: {situation.slots}")
    return "\n".join([*lines, situation.trouble] if situation.trouble else lines)


def _table(changes: "tuple[Change, ...]", now: datetime, zone: tzinfo) -> str:
    from console.render import table, terminal_width
    from engine.policy.times import say_here

    rows = [
        [say_here(change.at, now, zone), change.context.value, change.window or "-", str(change.slots)]
        for change in changes
    ]
    return table(rows, ["FROM", "CONTEXT", "WINDOW", "BUILDS"], width=terminal_width())
