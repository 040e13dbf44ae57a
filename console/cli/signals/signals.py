"""`signals`: what other programs have told of, and what became of it."""

from pathlib import Path
from typing import Any

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json

_SHOWN = 20


@click.command()
@click.option("--all", "everything", is_flag=True, help=f"All that were handled, not only the latest {_SHOWN}.")
@with_json
@in_workspace
@click.pass_obj
def signals(hand: Hand, everything: bool, as_json: bool) -> None:
    """List the signals that wait for the next heartbeat, those that were handled, and files that are none.

    A signal is a file in `escalations`; the page README.md in it says how one is written.
    """
    from engine.signals.inbox import BAD, HANDLED, REASON, Inbox

    inbox = Inbox(hand.workspace())
    found = inbox.look()
    waiting = [_row(one.name, one.told.signal, {}) for one in found.arrived]
    waiting += [{"file": one.name, "bad": one.why} for one in found.bad]
    latest = sorted(inbox.past(HANDLED), key=_written, reverse=True)
    handled = list(filter(None, map(_past, latest if everything else latest[:_SHOWN])))
    bad = [{"file": f"bad/{path.name}", "bad": _text(path.with_name(path.name + REASON))} for path in inbox.past(BAD)]
    if as_json:
        say_json({"waiting": waiting, "unfinished": found.unfinished, "handled": handled, "bad": bad})
        return
    _say(waiting, "waiting", "nothing waits")
    if found.unfinished:
        say(f"{found.unfinished} still being written")
    _say(handled, "handled", "")
    _say(bad, "no signals", "")
    if len(latest) > len(handled):
        say(f"and {len(latest) - len(handled)} more that were handled: --all lists them")


def _row(name: str, signal: Any, handling: dict[str, Any]) -> dict[str, Any]:
    return {
        "file": name,
        "id": signal.id,
        "type": signal.kind,
        "priority": signal.priority,
        "created": signal.created,
        "source": signal.source,
        "text": signal.text,
        "handling": handling or None,
    }


def _past(path: Path) -> dict[str, Any] | None:
    """Return what a handled file says; None where somebody has made something else of it."""
    import msgspec

    from engine.signals.reading import NoSignal, read
    from state.text import one_line

    try:
        told = read(path.read_bytes())
        note = msgspec.json.decode(path.read_bytes())["handling"]
    except (NoSignal, OSError, KeyError, msgspec.MsgspecError):
        return None
    known = {key: one_line(str(note.get(key, "")), 400) for key in ("at", "handling", "outcome")}
    return _row(f"handled/{path.name}", told.signal, known)


def _written(path: Path) -> float:
    try:
        return path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0


def _text(path: Path) -> str:
    from state.text import one_line

    try:
        return one_line(path.read_text(encoding="utf-8", errors="replace"), 400)
    except OSError:
        return ""


def _say(rows: "list[dict[str, Any]]", heading: str, otherwise: str) -> None:
    from console.render import table, terminal_width

    if not rows:
        if otherwise:
            say(otherwise)
        return
    cells = [
        [
            row["file"],
            row.get("id", ""),
            row.get("type", ""),
            row.get("priority", ""),
            row.get("source", ""),
            row.get("bad") or _became(row),
        ]
        for row in rows
    ]
    say(f"{heading}:")
    say(table(cells, ["FILE", "ID", "TYPE", "PRIORITY", "SOURCE", "WHAT"], width=terminal_width()))


def _became(row: "dict[str, Any]") -> str:
    note = row["handling"]
    return f"{note['handling']}: {note['outcome']}" if note else str(row["text"])
