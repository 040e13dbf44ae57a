"""`patterns`: routines that the record tells of, and what will be wanted because of them."""

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import click
import msgspec

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from engine.learning.patterns.learn import Learnt, Routine
    from engine.safety.privacy.vault import Vault
    from state.model.task import Task
    from state.model.view import View
    from state.settings import Settings


class _Found(NamedTuple):
    """What was learnt, with what it was learnt from."""

    view: "View"
    settings: "Settings"
    zone: "tzinfo"
    learnt: "Learnt"


@click.group()
@in_workspace
def patterns() -> None:
    """Learn from the record what is wanted again and again, and when.

    Looked at are the tasks of the last 400 days, by the clock on your wall: like ones that come at like times of the
    day, week or month, what follows on what, and when you answer questions. Chance is ruled out first, and what did not
    come counts against a pattern as what came counts for it.
    """


@patterns.command("list")
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, as_json: bool) -> None:
    """List the patterns, the surest first, with a picture of the week's hours."""
    from console.render import moment, table, terminal_width
    from widgets.plots import hours

    found = _learn(hand)
    if as_json:
        rows = [_row(routine, found.view) for routine in found.learnt.routines]
        say_json({"patterns": rows, "hours": found.learnt.hours})
        return
    cells = [
        [one.id, f"{one.sure.confidence:.0%}", f"{one.sure.hits} of {one.sure.n}", moment(one.last_at), one.said()]
        for one in found.learnt.routines
    ]
    told = table(cells, ["ID", "SURE", "CAME", "LAST", "PATTERN"], width=terminal_width()) if cells else _none(found)
    if found.learnt.happenings:
        told += "\n\n" + "\n".join([*hours.hours(found.learnt.hours), hours.legend(found.learnt.hours)])
    say(told)


@patterns.command()
@click.option("--days", type=click.IntRange(1, 31), default=7, show_default=True, help="How far ahead.")
@with_json
@in_workspace
@click.pass_obj
def predict(hand: Hand, days: int, as_json: bool) -> None:
    """Say what is likely to be wanted in the next days, the next 24 hours first, how sure that is and why."""
    from engine.learning.patterns.predict import predict as coming

    found = _learn(hand)
    now = found.view.at
    expected = coming(found.learnt.routines, now, now + timedelta(days=days), found.zone)
    if as_json:
        soon = now + timedelta(days=1)
        say_json([{**msgspec.structs.asdict(one), "within_24_h": one.at <= soon} for one in expected])
    elif not expected:
        say(f"nothing is expected within {days} days" if found.learnt.routines else _none(found))
    else:
        lines = [f"{_when(one.at, found.zone)}  {one.confidence:4.0%}  {one.text}" for one in expected]
        say("\n".join([*lines, "", *dict.fromkeys(one.why for one in expected)]))


@patterns.command()
@with_json
@in_workspace
@click.pass_obj
def suggest(hand: Hand, as_json: bool) -> None:
    """Say what could be added because of the patterns, as command lines and settings that are ready to be used."""
    from engine.learning.patterns.suggest import suggest as suggested

    found = _learn(hand)
    routines = found.learnt.routines
    tasks = {**found.view.tasks, **_in_true_words(hand, found.view, routines)}
    schedules = found.settings.schedules.values()
    briefs = [one.cron for one in schedules if one.enabled and one.run == "overnight brief"]
    offered = suggested(routines, tasks, found.settings.time.zone, briefs)
    if as_json:
        say_json(offered)
    elif not offered:
        say("nothing to suggest" if found.learnt.routines else _none(found))
    else:
        say("\n\n".join(f"# {one.text}: {one.why}\n{one.command or one.settings}" for one in offered))


@patterns.command()
@with_json
@in_workspace
@click.pass_obj
def stats(hand: Hand, as_json: bool) -> None:
    """Say from how much was learnt, what was noted, and what came of what was built ahead."""
    found = _learn(hand)
    noted = found.view.patterns.values()
    ahead = [made.label for row in noted for made in row.prebuilt]
    states = [found.view.tasks[label].state_name for label in ahead if label in found.view.tasks]
    told = {
        "happenings": found.learnt.happenings,
        "since": found.learnt.since,
        "kinds": found.learnt.kinds,
        "repeated": found.learnt.repeated,
        "patterns": len(found.learnt.routines),
        "over": sum(one.sure.confidence > found.settings.patterns.prebuild_over for one in found.learnt.routines),
        "noted": len(noted),
        "noted_this_week": sum(found.view.at - row.noted_at < timedelta(days=7) for row in noted),
        "prebuilds": len(ahead),
        "prebuilds_done": states.count("done"),
        "prebuilds_refused": states.count("killed"),
    }
    if as_json:
        say_json(told)
        return
    say(
        f"{told['happenings']} tasks of {told['kinds']} kinds were looked at; {told['repeated']} kinds came four times "
        f"or more\n{told['patterns']} patterns, {told['over']} of them surer than [patterns] prebuild_over; "
        f"{told['noted']} noted in all, {told['noted_this_week']} in the last 7 days\n{told['prebuilds']} tasks were "
        f"queued ahead: {told['prebuilds_done']} done, {told['prebuilds_refused']} refused or killed"
    )


@patterns.command()
@with_json
@in_workspace
@click.pass_obj
def check(hand: Hand, as_json: bool) -> None:
    """Note new patterns on the record; where [patterns] prebuild is on, queue what will be wanted within a day."""
    from engine.learning.patterns import prebuild
    from state.model.command import BuildAhead, NotePatterns

    found = _learn(hand)
    now, known, routines = found.view.at, found.view.patterns, found.learnt.routines
    fresh = [routine.id for routine in routines if routine.id not in known]
    queued: list[str] = []
    refused: list[str] = []
    with hand.control() as control:
        text = ask(control, NotePatterns(seen=tuple(prebuild.noted(routines, known, now)))).text
        if found.settings.patterns.prebuild:
            tasks = {**found.view.tasks, **_in_true_words(hand, found.view, routines)}
            over = found.settings.patterns.prebuild_over
            for one in prebuild.ahead(routines, tasks, known, over, now, found.zone):
                command = BuildAhead(pattern=one.pattern, at=one.at, since=one.since, spec=one.spec)
                try:
                    queued.append(ask(control, command).text)
                except Refused as refusal:
                    refused.append(str(refusal))
    if as_json:
        say_json({"noted": fresh, "queued": queued, "refused": refused, "text": text})
    else:
        say("\n".join([text, *(f"queued ahead: {line}" for line in queued), *refused]))


def _learn(hand: Hand) -> _Found:
    from engine.learning.patterns.learn import learn
    from state.zones import zone_of

    settings = hand.settings()
    zone = zone_of(settings.time.zone)
    with hand.control() as control:
        view = control.view()
        # Without an engine the tables are the store's own, and go with it.
        return _Found(view, settings, zone, learn(view, zone))


def _row(routine: "Routine", view: "View") -> dict[str, object]:
    known = view.patterns.get(routine.id)
    return {
        **{name: part for name, part in msgspec.structs.asdict(routine).items() if name != "sure"},
        **msgspec.structs.asdict(routine.sure),
        "text": routine.said(),
        "cron": routine.rhythm.cron if routine.rhythm else "",
        "noted_at": known.noted_at if known else None,
        "prebuilt": known.prebuilt if known else (),
    }


def _in_true_words(hand: Hand, view: "View", routines: "Iterable[Routine]") -> "dict[str, Task]":
    """Return the latest task of each routine as the operator told it: the record knows people by placeholders."""
    from engine.safety.privacy.vault import TOLD, Vault

    vault = Vault(hand.workspace())
    found = {}
    for routine in routines:
        task = view.tasks.get(routine.last_label)
        if task is not None:
            told = {name: _true(vault, task.label, getattr(task.spec, name)) for name in TOLD}
            found[task.label] = msgspec.structs.replace(task, spec=msgspec.structs.replace(task.spec, **told))
    return found


def _true(vault: "Vault", label: str, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(value, str):
        return vault.told(label, value)
    return tuple(vault.told(label, text) for text in value)


def _none(found: _Found) -> str:
    learnt = found.learnt
    if not learnt.happenings:
        return "no pattern: no task was ever added"
    return (
        f"no pattern yet: {learnt.happenings} tasks of {learnt.kinds} kinds were looked at, and none came at like "
        "times often enough to rule out chance"
    )


def _when(at: "datetime", zone: "tzinfo") -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"
