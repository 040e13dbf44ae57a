"""`weekend`: which long tasks fit it, that it begins, how far it is and what it brought."""

from typing import TYPE_CHECKING, Any

import click
import msgspec

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from datetime import datetime

    from console.cli.reports.telling import Look
    from engine.reports.week import Progress, Suggestion

STARTED = "Weekend Session Started"
_WIDTH = 300


@click.group()
@in_workspace
def weekend() -> None:
    """Plan the long tasks of a weekend, and tell what became of them."""


@weekend.command()
@with_json
@in_workspace
@click.pass_obj
def suggest(hand: Hand, as_json: bool) -> None:
    """Say which tasks of four hours and more fit this weekend or the coming one, here and in `build-reports`."""
    from console.cli.reports.spans import weekend as span_of
    from console.cli.reports.telling import keep, look
    from state.text import one_line

    seen = look(hand)
    found = _suggestion(seen)
    lines = _lines(found, seen)
    saturday = span_of(seen.settings, seen.now)[0].astimezone(seen.zone).date().isoformat()
    page = [f"# Weekend plan, Saturday {saturday}", "", *(f"- {one_line(line, _WIDTH)}" for line in lines), ""]
    path = keep(seen.workspace, f"{saturday}-weekend-plan.md", "\n".join(page))
    if as_json:
        say_json({"file": str(path), **msgspec.structs.asdict(found)})
    else:
        say("\n".join(lines))


@weekend.command()
@with_json
@in_workspace
@click.pass_obj
def start(hand: Hand, as_json: bool) -> None:
    """Write down in `memory` that the weekend begins and what it may bring; once a weekend."""
    from datetime import timedelta

    from console.cli.reports.telling import look
    from engine.reports import memory

    seen = look(hand)
    found = _suggestion(seen)
    # One that is begun on Friday evening is begun.
    first = found.span.starts_at.astimezone(seen.zone).date() - timedelta(days=1)
    days = [first + timedelta(days=ahead) for ahead in range(3)]
    before = [f"{day:%a} {at}" for day in days for at in memory.find(seen.workspace, day, STARTED)]
    details = _lines(found, seen)
    if before:
        text = f"this weekend was begun before, on {before[0]}; nothing more was written down"
    else:
        page = memory.add(seen.workspace, seen.local, STARTED, details)
        text = "\n".join([f"the weekend has begun; {page} says so", *details])
    if as_json:
        say_json({"begun": not before, "at": before[0] if before else f"{seen.local:%a %H:%M}", "plan": found})
    else:
        say(text)


@weekend.command()
@with_json
@in_workspace
@click.pass_obj
def progress(hand: Hand, as_json: bool) -> None:
    """Say how far the long tasks have come this weekend, or came in the last one."""
    from console.cli.reports.spans import last_weekend
    from console.cli.reports.telling import look
    from engine.reports import week
    from engine.reports.runs import Span

    seen = look(hand)
    starts_at, ends_at = last_weekend(seen.settings, seen.now)
    found = week.progress(seen.view, Span(starts_at=starts_at, ends_at=ends_at))
    say_json(found) if as_json else say("\n".join(_told(found, seen)))


@weekend.command()
@with_json
@in_workspace
@click.pass_obj
def summary(hand: Hand, as_json: bool) -> None:
    """Tell everything that this weekend has brought, or the last one did, here and in `build-reports`."""
    from console.cli.reports.spans import last_weekend
    from console.cli.reports.telling import happened, keep, look
    from engine.reports.morning import weekend_summary

    seen = look(hand)
    starts_at, ends_at = last_weekend(seen.settings, seen.now)
    told = happened(seen, starts_at, ends_at)
    saturday = starts_at.astimezone(seen.zone).date()
    text = weekend_summary(told, saturday, seen.zone)
    path = keep(seen.workspace, f"{saturday.isoformat()}-weekend.md", text)
    if as_json:
        say_json({"file": str(path), "saturday": saturday, "quiet": told.quiet, "report": told})
    else:
        say(text.removesuffix("\n"))


def _suggestion(seen: "Look") -> "Suggestion":
    from console.cli.reasoning import Judge
    from console.cli.reports.spans import weekend as span_of
    from console.cli.shapes import queue_order
    from engine.reports import week
    from engine.reports.runs import Span
    from engine.schedule.almanac import Almanac

    starts_at, ends_at = span_of(seen.settings, seen.now)
    span = Span(starts_at=max(starts_at, seen.now), ends_at=ends_at)
    almanac = Almanac(seen.settings)
    if almanac.calendar.files:
        almanac.take(almanac.calendar.read(seen.now))
    room = week.Room(
        span=span,
        openings=almanac.week.spans(span.starts_at, span.ends_at),
        windowed=bool(almanac.week.windows),
        changes=almanac.changes(span.starts_at, span.ends_at, seen.view.control),
    )
    judge = Judge(seen.view, seen.settings)
    ordered = [task for task in queue_order(seen.view.tasks.values()) if week.is_long(task)]
    return week.suggest(seen.view, ordered, {task.label: judge.verdict(task) for task in ordered}, room)


def _lines(found: "Suggestion", seen: "Look") -> list[str]:
    from engine.policy.times import lasting

    def when(at: "datetime") -> str:
        return f"{at.astimezone(seen.zone):%a %H:%M}"

    if not found.fits and not found.left:
        return ["no task in the queue is estimated at 4 h or more: `midwatch add --time 6 ...` says how long one takes"]
    lines = []
    for fit in found.fits:
        window = f" in the {fit.window} window" if fit.window else ""
        lines.append(f"{fit.label}: {when(fit.starts_at)} to {when(fit.ends_at)}{window}; {fit.text}")
    lines += [f"{left.label}: has no place; {left.text}" for left in found.left]
    lines.append(f"{lasting(found.given_s)} of {lasting(found.asked_s)} fit, unless shorter tasks take the slots")
    return lines


def _told(found: "Progress", seen: "Look") -> list[str]:
    zone = seen.zone
    span = found.span
    when = "was" if found.over else "is"
    starts = f"{span.starts_at.astimezone(zone):%a %Y-%m-%d}"
    lines = [f"the weekend that began {starts} {when}: {len(found.done)} long tasks done"]
    rows: list[tuple[str, Any]] = [
        ("done", found.done),
        ("failed or killed", found.failed),
        ("waits for your review", found.reviews),
        ("in the queue", found.waits),
    ]
    lines += [f"{name}: {', '.join(labels)}" for name, labels in rows if labels]
    lines += [
        f"under way: {row.label}, {row.percent} %" + (f", {row.step}" if row.step else "") for row in found.underway
    ]
    return lines
