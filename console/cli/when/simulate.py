"""`simulate`: the days to come, played with the real rules in memory."""

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from engine.policy.facts import Facts
    from engine.schedule.played import Bout, Overflow, Played, Slot, Stretch, Wait
    from engine.schedule.simulate import Scenario
    from state.model.build import Build
    from state.model.view import View
    from state.settings import Settings

_MOST_DAYS = 90
_OFTEN = 4
"""A command that runs more often in a day is told of in one line."""
_LABELS = 8


@click.command()
@click.option("--days", type=click.IntRange(1, _MOST_DAYS), default=7, show_default=True, help="How far to play.")
@click.option("--from", "start", metavar="TIME", help="When to begin, such as 2026-02-06T22:00; now when left out.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed draws other durations.")
@click.option("--approve-all", is_flag=True, help="As if you said yes to everything at once.")
@click.option(
    "--failing",
    type=click.FloatRange(0, 1),
    default=0.0,
    metavar="SHARE",
    help="The share of builds that fail, 0 to 1.",
)
@with_json
@in_workspace
@click.pass_obj
def simulate(
    hand: Hand, days: int, start: str | None, seed: int, approve_all: bool, failing: float, as_json: bool
) -> None:
    """Play the days to come: what would start when, what waits for whom, and where there is more work than time.

    The rules are the real ones; nothing is started and nothing is written. How long each build takes is drawn around
    its task's estimate, else around what such builds took before, else around an hour. Whoever plays with the same
    seed from the same state gets the same answer.
    """
    from engine.schedule.simulate import Scenario
    from state.zones import zone_of

    settings = hand.settings()
    zone = zone_of(settings.time.zone)
    with hand.control() as control:
        view = control.view()
    # The whole minute: who asks twice in a row gets the same answer.
    at = view.at.replace(second=0, microsecond=0) if start is None else _moment(start, zone)
    end = at + timedelta(days=days)
    played = foreseen(view, settings, at, Scenario(end=end, seed=seed, approve_all=approve_all, failing=failing))
    say_json(played) if as_json else say(told(played, settings.time.zone))


def foreseen(view: "View", settings: "Settings", start: datetime, scenario: "Scenario") -> "Played":
    """Return what would happen from `start` on, were everything then as it is in the view."""
    import msgspec

    from engine.facts import gather, rules_of
    from engine.rounds.recurring import again
    from engine.schedule.almanac import Almanac
    from engine.schedule.simulate import Parts, play

    almanac = Almanac(settings)
    if almanac.calendar.files:
        almanac.take(almanac.calendar.read(start))

    def facts(view: "View", occupying: "tuple[Build, ...]") -> "Facts":
        return gather(view, settings, view.at, occupying, almanac.spans(view.at))

    parts = Parts(settings, rules_of(settings), almanac, facts, lambda task, now: again(task, settings, now))
    return play(msgspec.structs.replace(view, at=start), parts, scenario)


def _moment(text: str, zone: tzinfo) -> datetime:
    from datetime import UTC

    from engine.schedule.local import instant

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{text!r} is not a time: write 2026-02-06 or 2026-02-06T22:00 or 2026-02-06T22:00Z", 2) from None
    return instant(at, zone) if at.tzinfo is None else at.astimezone(UTC)


def told(played: "Played", zone_name: str) -> str:
    """Return a simulation in words, by the clock of the operator's zone."""
    from state.zones import zone_of

    zone = zone_of(zone_name)
    start, end = played.start.astimezone(zone), played.end.astimezone(zone)
    lines = [
        f"{start:%a %d %b %Y %H:%M} to {end:%a %d %b %H:%M} ({zone_name}). Nothing is started, nothing is written.",
        *(f"- {text}" for text in played.assumed),
    ]
    lines += _days(played, zone)
    lines += _waits("WAITS FOR YOU", [wait for wait in played.waits if wait.whom == "you"], zone)
    lines += _waits("WAITS FOR OTHER TASKS", [wait for wait in played.waits if wait.whom == "tasks"], zone)
    lines += _waits("STILL WAITS IN THE END", [wait for wait in played.waits if wait.whom == "time"], zone)
    if played.overflow:
        lines += ["", "MORE WORK THAN ROOM", *(f"  {_over(over)}" for over in played.overflow)]
    return "\n".join(lines)


def _days(played: "Played", zone: tzinfo) -> list[str]:
    events: list[tuple[datetime, int, str]] = []
    events += [(span.opens_at, 0, _stretch(span)) for span in played.windows]
    events += [(bout.at, 2, _bout(bout, zone)) for bout in played.starts]
    lines = [""] + [f"under way: {_bout(bout, zone)}" for bout in played.running]
    often: dict[tuple[object, str], list[Slot]] = {}
    for slot in played.commands:
        often.setdefault((slot.at.astimezone(zone).date(), slot.name), []).append(slot)
    for slots in often.values():
        more = f", and {len(slots) - 1} times more until midnight" if len(slots) > _OFTEN else ""
        shown = slots[:1] if more else slots
        events += [(slot.at, 1, f"       schedule {slot.name}: midwatch {slot.run}{more}") for slot in shown]
    day = None
    for at, _, text in sorted(events):
        local = at.astimezone(zone)
        if local.date() != day:
            day = local.date()
            lines += [*([""] if len(lines) > 1 else []), f"{local:%a %d %b}"]
        lines.append(f"  {local:%H:%M}  {text}")
    return lines


def _stretch(span: "Stretch") -> str:
    room = f"{span.used_hours:g} of {span.hours:g} h used" if span.hours else "nothing starts"
    name = span.window or "no window"
    return f"--- {name}: {span.context}, {span.slots} at a time, {room}"


def _bout(bout: "Bout", zone: tzinfo) -> str:
    attempt = f" (try {bout.attempt})" if bout.attempt > 1 else ""
    about = {"estimate": "estimated", "history": "by history", "default": "assumed"}[bout.source]
    ending = "" if bout.ending == "done" else f", {_ENDINGS[bout.ending]}"
    return f"       {bout.label}{attempt}: {bout.hours:g} h {about}, ends {_when(bout.ends_at, bout.at, zone)}{ending}"


_ENDINGS = {
    "review": "then its diff waits for you",
    "failed": "failed",
    "out of time": "stopped at its time limit",
    "stopped": "stopped with its window",
}


def _when(at: datetime, since: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == since.astimezone(zone).date() else f"{local:%a %H:%M}"


def _waits(heading: str, waits: "list[Wait]", zone: tzinfo) -> list[str]:
    if not waits:
        return []
    rows = [
        f"  {wait.label}: {wait.reason}"
        + (f" (since {wait.since.astimezone(zone):%a %d %b %H:%M})" if wait.since else "")
        for wait in waits
    ]
    return ["", heading, *rows]


def _over(over: "Overflow") -> str:
    where = f"the {over.window} window" if over.window else "any time"
    names = ", ".join(over.labels[:_LABELS]) + (
        f" and {len(over.labels) - _LABELS} more" if len(over.labels) > _LABELS else ""
    )
    return f"{where}: {over.used_hours:g} of {over.hours:g} h used, {over.over_hours:g} h of work find no room: {names}"
