"""`heartbeat`: signals are acted on, and the periodic checks that are due are done."""

import contextlib
import io
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from console.client import Control
    from engine.around.post import Taken
    from engine.signals.checks import Due, Page
    from state.model.command import Command, Reply
    from state.model.view import View
    from state.settings import Settings

_MOST_BYTES = 256 << 10
_WIDTH = 200


@click.command()
@click.option("--list", "listing", is_flag=True, help="Only show the checks, and when each is due next.")
@with_json
@in_workspace
@click.pass_obj
def heartbeat(hand: Hand, listing: bool, as_json: bool) -> None:
    """Act on the signals in `escalations`, then do the checks of HEARTBEAT.md that are due.

    [schedules] defaults = true has it done every 30 minutes. Urgent signals are acted on at once where an engine runs.
    """
    page, settings = _page(hand), hand.settings()
    if listing:
        with hand.control() as control:
            _list(page, control.view(), settings, as_json)
        return
    with hand.control() as control:
        taken = _take(hand, control, settings)
        ask(control, _read(page))
        turns = _due(page, control.view(), settings)
    done = [found for due in turns if (found := _do(hand, page, due))]
    _tell(taken, page, done, as_json)


def _page(hand: Hand) -> "Page":
    """Return what HEARTBEAT.md says; nothing where there is no such file."""
    from engine.signals.checks import FILE, Page, Trouble, read

    path = hand.workspace().root / FILE
    if not path.is_file():
        return Page()
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        return Page(
            troubles=(Trouble(line=1, text=f"the file is larger than {_MOST_BYTES >> 10} KiB: nothing is done"),)
        )
    return read(data.decode(errors="replace"))


def _take(hand: Hand, control: "Control", settings: "Settings") -> "Taken":
    import asyncio

    from engine.around.post import Post
    from engine.clock import SystemClock
    from engine.safety.privacy.ward import obey
    from engine.signals.inbox import Inbox

    async def submit(command: "Command") -> "Reply":
        return control.submit(command)

    workspace = hand.workspace()
    obey(workspace, settings)
    Inbox(workspace).prepare()
    return asyncio.run(Post(workspace, settings, SystemClock(), submit).take())


def _read(page: "Page") -> "Command":
    from state.model.command import ReadChecks

    return ReadChecks(troubles=tuple(map(str, page.troubles)))


def _due(page: "Page", view: "View", settings: "Settings") -> "list[Due]":
    from engine.signals.checks import due
    from state.zones import zone_of

    return list(due(page, view.heartbeat, view.at, zone_of(settings.time.zone)))


def _begin(page: "Page", due: "Due") -> "Command":
    from state.model.command import BeginCheck

    known = tuple(check.name for check in page.checks)
    return BeginCheck(name=due.check.name, slot=due.slot, words="; ".join(due.check.words), known=known)


def _do(hand: Hand, page: "Page", due: "Due") -> dict[str, Any] | None:
    """Do one check whose turn has come, and put on record what came of it; None where another took the turn."""
    from state.model.command import EndCheck
    from state.text import one_line

    check = due.check
    with hand.control() as control:
        if not control.submit(_begin(page, due)).ok:
            return None
    # The record is let go of in between: the commands look at it themselves.
    runs = [_one(hand, words) for words in check.commands]
    done = {"name": check.name, "slot": due.slot, "asks": list(check.words), "runs": runs, "failed": False}
    if not runs:
        return done
    failed = any(run["code"] for run in runs)
    told: list[str] = []
    for run in runs:
        last = str(run["output"]).strip().rpartition("\n")[2]
        ended = f"`midwatch {run['run']}` ended with code {run['code']}" if run["code"] else f"`midwatch {run['run']}`"
        told.append(f"{ended}: {one_line(last, _WIDTH)}" if last else ended)
    with hand.control() as control:
        ask(control, EndCheck(name=check.name, text="; ".join(told), failed=failed))
    return {**done, "failed": failed}


def _one(hand: Hand, words: tuple[str, ...]) -> dict[str, Any]:
    """Run one command line of our own in this very process, and return its exit code and what it printed."""
    import shlex

    from console.cli.main import run

    # JSON is written as bytes, to what lies below a text.
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        code = run(["--workspace", str(hand.workspace().root), *words])
    printed.seek(0)
    return {"run": shlex.join(words), "code": code, "output": printed.read()}


def _tell(taken: "Taken", page: "Page", done: list[dict[str, Any]], as_json: bool) -> None:
    import msgspec

    if as_json:
        told = msgspec.to_builtins(taken, builtin_types=())
        told["bad"] = [bad._asdict() for bad in taken.bad]
        say_json({**told, "checks": done, "troubles": [str(trouble) for trouble in page.troubles]})
        return
    for one in taken.handled:
        say(f"{one.id} ({one.type}, {one.priority}): {one.handling}: {one.outcome}")
    for bad in taken.bad:
        say(f"{bad.name}: no signal, set aside: {bad.why}")
    if taken.unfinished:
        say(f"{taken.unfinished} signals are still being written: the next heartbeat looks again")
    if taken.later:
        say(taken.later)
    for trouble in page.troubles:
        say(str(trouble))
    for check in done:
        say(f"{check['name']}:" + (f" asks you: {'; '.join(check['asks'])}" if check["asks"] else ""))
        for run in check["runs"]:
            say(f"  midwatch {run['run']}" + (f" ended with code {run['code']}" if run["code"] else ""))
            say("\n".join(f"    {line}" for line in str(run["output"]).rstrip().splitlines()))
    if not (taken.handled or taken.bad or taken.later or done):
        say("no signal waited, and no check was due")


def _list(page: "Page", view: "View", settings: "Settings", as_json: bool) -> None:
    from console.render import moment, table, terminal_width
    from engine.signals.checks import due
    from engine.signals.frequency import following
    from state.zones import zone_of

    zone = zone_of(settings.time.zone)
    now = {one.check.name for one in due(page, view.heartbeat, view.at, zone)}
    rows: list[dict[str, Any]] = []
    for check in page.checks:
        done = view.heartbeat.of(check.name)
        rows.append(
            {
                "name": check.name,
                "line": check.line,
                "often": check.often,
                "due": check.name in now,
                "next": view.at if check.name in now else following(check.frequency, view.at, zone),
                "commands": [list(words) for words in check.commands],
                "words": list(check.words),
                "last": {"at": done.at, "text": done.text, "failed": done.failed} if done else None,
            }
        )
    troubles = [str(trouble) for trouble in page.troubles]
    if as_json:
        say_json({"checks": rows, "troubles": troubles})
        return
    if rows:
        cells = [
            [
                str(row["name"]),
                str(row["often"]),
                "now" if row["due"] else moment(row["next"]),
                moment(row["last"]["at"]) if row["last"] else "never",
                row["last"]["text"] if row["last"] else "",
            ]
            for row in rows
        ]
        say(table(cells, ["CHECK", "HOW OFTEN", "DUE", "DONE", "WHAT CAME OF IT"], width=terminal_width()))
    elif not troubles:
        say("HEARTBEAT.md lists no checks: write a heading such as `## Queue Check (2x daily)`, and below what to do")
    for trouble in troubles:
        say(trouble)
