"""`schedules`: what runs at which times, why it did not, and orders to run or to rest."""

from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json, with_reason
from state.errors import NoWorkspace

if TYPE_CHECKING:
    from state.model.command import Command
    from state.model.view import View
    from state.model.when.schedule import Schedule, ScheduleState

_AHEAD = 5
"""Times ahead that are told of each schedule."""


@click.group(invoke_without_command=True)
@with_json
@in_workspace
@click.pass_context
def schedules(context: click.Context, as_json: bool) -> None:
    """List what runs at which times, with the next five; or see the verbs below."""
    if context.invoked_subcommand is not None:
        return
    hand = context.ensure_object(Hand)
    configured = hand.settings().schedules
    with hand.control() as control:
        view = control.view()
    rows = [_row(schedule, view) for schedule in configured.values()]
    if as_json:
        say_json(rows)
    elif rows:
        say(_table(rows))
    else:
        say("nothing is scheduled: midwatch.toml shows under [schedules.NAME] how it is done")


@schedules.command("next")
@click.argument("expression")
@click.option("--zone", metavar="ZONE", help="Such as America/Chicago; else the workspace's, else the machine's.")
@click.option("--from", "start", metavar="ISO", help="Times after this; without an offset it is in the zone. Else now.")
@click.option("--count", type=click.IntRange(1, 10_000), default=_AHEAD, show_default=True, help="How many.")
@click.option(
    "--seconds",
    type=click.Choice(["first", "last"]),
    default="first",
    show_default=True,
    help="Where the seconds of six fields stand.",
)
@with_json
@in_workspace
@click.pass_obj
def next_(
    hand: Hand, expression: str, zone: str | None, start: str | None, count: int, seconds: str, as_json: bool
) -> None:
    """Say when a cron expression fires next; needs no workspace."""
    from engine.clock import SystemClock
    from engine.schedule.cron import next_after, parse
    from state.model.when.schedule import Seconds

    place = _zone(hand, zone)
    cron = parse(expression, seconds=Seconds(seconds))
    at = _start(start, place) if start else SystemClock().now()
    found: list[datetime] = []
    while len(found) < count:
        at = next_after(cron, place, at)
        found.append(at.astimezone(place))
    if as_json:
        say_json([at.isoformat() for at in found])
    else:
        say("\n".join(f"{at:%a %Y-%m-%d %H:%M:%S} {_offset(at)}" for at in found))


@schedules.command()
@click.argument("name")
@with_reason
@in_workspace
@click.pass_obj
def pause(hand: Hand, name: str, reason: str) -> None:
    """Let a schedule's times pass until it is resumed."""
    from state.model.command import PauseSchedule

    _order(hand, PauseSchedule(name=name, on=True, why=reason))


@schedules.command()
@click.argument("name")
@with_reason
@in_workspace
@click.pass_obj
def resume(hand: Hand, name: str, reason: str) -> None:
    """Go on with the times that lie ahead; what passed meanwhile is not made up."""
    from state.model.command import PauseSchedule

    _order(hand, PauseSchedule(name=name, on=False, why=reason))


@schedules.command()
@click.argument("name")
@with_reason
@in_workspace
@click.pass_obj
def run(hand: Hand, name: str, reason: str) -> None:
    """Run a schedule's command now, beside its times."""
    from state.model.command import RunSchedule

    _order(hand, RunSchedule(name=name, why=reason))


@schedules.command()
@click.argument("name")
@with_json
@in_workspace
@click.pass_obj
def why(hand: Hand, name: str, as_json: bool) -> None:
    """Tell when a schedule runs next, how it ran last, and why it did not when it did not."""
    import difflib

    configured = hand.settings().schedules
    if name not in configured:
        near = difflib.get_close_matches(name, configured, n=1)
        hint = f"did you mean {near[0]}?" if near else "`midwatch schedules` lists them"
        raise Refused(f"there is no schedule {name!r}: {hint}")
    with hand.control() as control:
        view = control.view()
    story = _story(configured[name], view)
    if as_json:
        say_json({**_row(configured[name], view), "text": story})
    else:
        say("\n".join(story))


def _order(hand: Hand, command: "Command") -> None:
    with hand.control() as control:
        say(ask(control, command).text)


def _zone(hand: Hand, named: str | None) -> tzinfo:
    """The zone that is meant, in the workspace or out of it."""
    from state.zones import local_name, zone_of

    if named is None:
        try:
            named = hand.settings().time.zone
        except NoWorkspace:
            named = local_name()
    try:
        return zone_of(named)
    except ValueError as error:
        raise Refused(str(error), 2) from error


def _start(text: str, zone: tzinfo) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"--from: {text!r} is not a time: write 2026-03-08T01:30 or 2026-03-08T01:30-06:00", 2) from error
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _offset(at: datetime) -> str:
    name = at.tzname() or ""
    offset = f"{at:%z}"
    return f"{offset[:3]}:{offset[3:]}" + (f" {name}" if name.isalpha() else "")


def _state(schedule: "Schedule", view: "View") -> "ScheduleState":
    from state.model.when.schedule import ScheduleState

    return view.schedules.get(schedule.name, ScheduleState(name=schedule.name))


def _row(schedule: "Schedule", view: "View") -> dict[str, Any]:
    """One schedule as `schedules --json` gives it."""
    from engine.schedule.expression import CronError
    from engine.schedule.timetable import coming, delay
    from state.zones import zone_of

    state = _state(schedule, view)
    trouble, ahead = "", []
    try:
        zone = zone_of(schedule.zone)
        ahead = [at.astimezone(zone).isoformat() for at in coming(schedule, state, view.at, _AHEAD)]
    except CronError as error:
        trouble = str(error)
    return {
        "name": schedule.name,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "run": schedule.run,
        "enabled": schedule.enabled,
        "lacks": schedule.lacks,
        "paused": state.paused,
        "next": ahead,
        "overdue": _overdue(schedule, state, view),
        "later_s": round(delay(schedule).total_seconds(), 3),
        "running": state.running,
        "last": state.last,
        "runs": state.runs,
        "missed_count": state.missed_count,
        "missed": state.missed,
        "misfire": schedule.misfire.value,
        "trouble": trouble,
    }


def _overdue(schedule: "Schedule", state: "ScheduleState", view: "View") -> datetime | None:
    """The slot that has passed and about which no engine has decided yet."""
    waits = state.next_slot if state.timing == schedule.timing and schedule.enabled and not state.paused else None
    return waits if waits is not None and waits <= view.at else None


def _table(rows: Sequence[dict[str, Any]]) -> str:
    from console.render import table, terminal_width

    cells = []
    for row in rows:
        if not row["enabled"] or row["paused"]:
            ahead = ("off, lacks a setting" if row["lacks"] else "off") if not row["enabled"] else "paused"
        else:
            ahead = row["trouble"] or row["next"][0][:16].replace("T", " ")
        last = row["running"] or row["last"]
        told = f"{last.outcome.value} {last.started_at:%m-%d %H:%M}" if last else "never ran"
        cells.append([row["name"], row["cron"], row["zone"], ahead, told, str(row["missed_count"]), row["run"]])
    return table(cells, ["NAME", "CRON", "ZONE", "NEXT", "LAST (UTC)", "MISSED", "RUNS"], width=terminal_width())


def _story(schedule: "Schedule", view: "View") -> list[str]:
    """Tell of one schedule what is known, a line each."""
    from engine.schedule.timetable import delay

    state = _state(schedule, view)
    row = _row(schedule, view)
    lines = [f"{schedule.name}: `midwatch {schedule.run}` at {schedule.cron} in {schedule.zone}"]
    lines += [f"  does not run: {text}" for text in _against(schedule, state, view, row["trouble"])]
    if row["overdue"]:
        lines.append(f"  overdue since {row['overdue'].isoformat()}: what runs of that is decided when it can start")
    if row["next"]:
        lines.append(f"  next: {', '.join(row['next'])}")
    if schedule.jitter_s:
        lines.append(f"  starts {delay(schedule).total_seconds():,.0f} s after each of its times (jitter)")
    for what, ran in (("runs now", state.running), ("ran last", state.last)):
        if ran is not None:
            meant = f"for {ran.slot.isoformat()}" if ran.slot else f"because {ran.by} asked for it"
            code = "" if ran.exit_code is None else f", exit code {ran.exit_code}"
            said = f": {ran.text}" if ran.text else ""
            lines.append(f"  {what}: {meant}, begun {ran.started_at.isoformat()}, {ran.outcome.value}{code}{said}")
    lines.append(f"  runs: {state.runs}; missed: {state.missed_count} (misfire = {schedule.misfire.value})")
    lines += [f"  missed {missed.slot.isoformat()}: {missed.why}" for missed in reversed(state.missed)]
    return lines


def _against(schedule: "Schedule", state: "ScheduleState", view: "View", trouble: str) -> list[str]:
    """Why it does not run, if it does not."""
    against = [trouble] if trouble else []
    if not schedule.enabled:
        against.append(f"{schedule.lacks} in midwatch.toml" if schedule.lacks else "enabled = false in midwatch.toml")
    if state.paused:
        against.append(f"it is paused: `midwatch schedules resume {schedule.name}` goes on")
    if view.control.stopped or view.engine.stop_file:
        against.append("the kill switch is engaged: `midwatch arm` releases it")
    if view.control.paused:
        against.append("everything is paused: `midwatch resume` goes on")
    if view.engine.mode == "stopped":
        against.append("no engine runs: `midwatch` or `midwatch engine` starts one")
    if state.running is not None and _overdue(schedule, state, view):
        against.append("its run before goes on; what has come due meanwhile is decided when that has ended")
    return against
