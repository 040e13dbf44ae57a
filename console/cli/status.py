"""`status`: the engine, the builds under way and what waits for the operator."""

from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from datetime import datetime

    from state.model.view import View

_COMPLETED = 20


@click.command()
@click.option("--queue", "with_queue", is_flag=True, help="What waits, in the order it will start.")
@click.option("--active", "with_active", is_flag=True, help="The builds under way.")
@click.option("--completed", "with_completed", is_flag=True, help="What has ended, the last first.")
@click.option("--limit", type=click.IntRange(min=0), default=_COMPLETED, help="At most this many of each list.")
@with_json
@in_workspace
@click.pass_obj
def status(hand: Hand, with_queue: bool, with_active: bool, with_completed: bool, limit: int, as_json: bool) -> None:
    """Show how things stand; with options, only the parts that they name."""
    from console.cli import shapes
    from console.cli.queue import listed
    from console.cli.when.mode import line
    from engine.safety.stop_file import notes

    with hand.control() as control:
        view = control.view()
    answer: dict[str, Any] = shapes.status(view)
    note = notes(hand.workspace())
    if note is not None and not view.control.stopped:
        # The file counts from the moment it is there, also before any engine has put it on record.
        answer["stop"] = {"engaged": True, "since": note.at, "by": note.by}
    if with_queue:
        waiting = [row for row in listed(view, hand, everything=False) if row["position"] is not None]
        answer["queue"] = waiting[:limit]
    if with_completed:
        answer["completed"] = [
            {**shapes.queue_row(task, None, shapes.of_state(task)), "ended_at": getattr(task.state, "at", None)}
            for task in shapes.ended(view)[:limit]
        ]
    if as_json:
        say_json(answer)
        return
    whole = not (with_queue or with_active or with_completed)
    parts = [_summary(answer, line(view), _switch(view), _used(view)), _active(answer, view.at)] if whole else []
    if with_active:
        parts.append(_active(answer, view.at) or "no build is under way")
    if with_queue:
        parts.append(_tasks(answer["queue"]) or "nothing waits")
    if with_completed:
        parts.append(_tasks(answer["completed"]) or "nothing has ended yet")
    if whole:
        parts += [_escalations(answer, view.at), _anomalies(answer, view.at)]
    say("\n\n".join(part for part in parts if part))


def _switch(view: "View") -> str:
    from engine.reports.switch import drill_words, use_words

    uses = view.kill_uses.values()
    return f"kill switch: {use_words(uses, view.at)}; {drill_words(uses, view.at)}"


def _used(view: "View") -> str:
    """One line on what all builds use together; what concerns some builds only is told once it is used."""
    from state.model.brakes import figure

    told = [
        figure.of(one.name, one.used, one.limit)
        for one in view.engine.limits
        if one.limit and (one.used or not one.scope)
    ]
    return f"used: {', '.join(told)}" if told else ""


def _summary(answer: dict[str, Any], observing: str, switch: str, used: str) -> str:
    from console.render import moment
    from state.model.learning.problem import Severity

    engine, stop = answer["engine"], answer["stop"]
    lines = []
    if engine["running"]:
        lines.append(f"engine: {engine['mode']}, process {engine['pid']}, since {moment(engine['started_at'])}")
    else:
        lines.append("engine: not running; `midwatch` or `midwatch engine` starts one")
    if stop["engaged"]:
        since = f" since {moment(stop['since'])}" if stop["since"] else ""
        by = f" by {stop['by']}" if stop["by"] else ""
        lines.append(f"KILL SWITCH ENGAGED{since}{by}: nothing starts until `midwatch arm`")
    lines.append(switch)
    if observing:
        lines.append(observing)
    if answer["fault"]:
        lines.append(f"MANUAL MODE: {answer['fault']['text']}; nothing is decided until `midwatch resume`")
    elif answer["paused"]:
        lines.append("paused: nothing more starts until `midwatch resume`")
    lines += [engine[key] for key in ("sandbox", "trouble") if engine[key]]
    if used:
        lines.append(used)
    counts = ", ".join(f"{number} {state.replace('_', ' ')}" for state, number in sorted(answer["counts"].items()))
    lines.append(f"tasks: {counts or 'none'}")
    if answer["problems"]:
        seen = ", ".join(f"{answer['problems'][level]} {level}" for level in Severity if level in answer["problems"])
        lines.append(f"problems: {seen}: `midwatch problems list`")
    return "\n".join(lines)


def _active(answer: dict[str, Any], now: "datetime") -> str:
    from console.render import ago, table, terminal_width
    from state.model.brakes import figure

    rows = []
    for row in answer["active"]:
        state = row["state"] if row["sandboxed"] else f"{row['state']} NO SANDBOX"
        if row["held"]:
            state += f": {figure.of(row['held']['figure'], row['held']['used'], row['held']['limit'])}"
        shown = [row["label"], row["build"], state, f"{row['percent']} %", ago(row["started_at"], now)]
        rows.append([*shown, str(row["files_changed"]), row["step"]])
    headings = ["ACTIVE", "BUILD", "STATE", "DONE", "STARTED", "FILES", "STEP"]
    return table(rows, headings, width=terminal_width()) if rows else ""


def _escalations(answer: dict[str, Any], now: "datetime") -> str:
    from console.render import ago, table, terminal_width

    rows = [
        [row["label"], row["kind"], row["priority"], ago(row["created_at"], now), row["text"]]
        for row in answer["escalations"]
    ]
    return table(rows, ["WAITS FOR YOU", "KIND", "PRIORITY", "SINCE", "TEXT"], width=terminal_width()) if rows else ""


def _anomalies(answer: dict[str, Any], now: "datetime") -> str:
    from console.render import ago, table, terminal_width

    rows = [[found.label, found.figure, ago(found.created_at, now), found.text] for found in answer["anomalies"]]
    return table(rows, ["ANOMALY", "FIGURE", "SEEN", "TEXT"], width=terminal_width()) if rows else ""


def _tasks(found: list[dict[str, Any]]) -> str:
    from console.render import table, terminal_width

    rows = []
    for row in found:
        told = next((why["text"] for why in row["reasons"] if why["verdict"] != "allow"), "")
        told = told or (row["reasons"][0]["text"] if row["reasons"] and row["position"] is None else "")
        rows.append([str(row["position"] or ""), row["label"], row["state"], row["title"], told])
    return table(rows, ["#", "LABEL", "STATE", "TITLE", "WHY"], width=terminal_width()) if rows else ""
