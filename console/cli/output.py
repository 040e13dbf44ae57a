"""`logs` and `diff`: what a build printed, and what it changed."""

import time
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Refused, in_workspace, known, label_argument, say, say_json, with_json

if TYPE_CHECKING:
    from state.files import Workspace
    from state.model.build import Build
    from state.model.view import View

_LOOK_S = 0.25
_ASK_EVERY_S = 2.0


def _find(view: "View", label: str, build_id: str | None) -> "Build":
    from console.cli.shapes import last_build

    task = known(view, label)
    build = view.builds.get(build_id) if build_id else last_build(view, label)
    if build is None or build.label != label:
        told = f"has no build {build_id}" if build_id else f"has not been built yet; it is {task.state_name}"
        raise Refused(f"{label} {told}: `midwatch why {label}` tells its story")
    return build


@click.command()
@label_argument
@click.option("--build", "build_id", metavar="ID", help="Another build than the latest.")
@click.option("--verify", is_flag=True, help="What the verification of its result printed.")
@click.option("-n", "--lines", "count", type=click.IntRange(min=0), help="Only the last lines.")
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the build is over.")
@click.option("--raw", is_flag=True, help="The bytes as they are; they may hold what a terminal obeys.")
@in_workspace
@click.pass_obj
def logs(
    hand: Hand, label: str, build_id: str | None, verify: bool, count: int | None, follow: bool, raw: bool
) -> None:
    """Print what a build printed."""
    from engine.work.output import read_log

    with hand.control() as control:
        build = _find(control.view(), label, build_id)
    workspace = hand.workspace()
    if follow and not verify:
        _follow(hand, workspace, build, count)
        return
    data = read_log(workspace.verification(build.id) if verify else workspace.build(build.id))
    if count is not None:
        data = b"".join(data.splitlines(keepends=True)[-count:]) if count else b""
    if raw:
        click.echo(data, nl=False)
    elif data:
        say(data.decode("utf-8", "replace").removesuffix("\n"))


def _prints(build: "Build") -> bool:
    from state.model.build import Preparing, Running, Starting

    return isinstance(build.state, Preparing | Starting | Running)


def _follow(hand: Hand, workspace: "Workspace", build: "Build", count: int | None) -> None:
    from console.screens.tail import LogTail
    from engine.work.output import read_log

    tail = LogTail(workspace.build(build.id), read_log)
    first = tail.take().lines
    shown = first if count is None else first[len(first) - min(count, len(first)) :]
    ask_at = time.monotonic()
    over = not _prints(build)
    while True:
        if shown:
            say("\n".join(shown))
        if over:
            return
        time.sleep(_LOOK_S)
        if time.monotonic() >= ask_at:
            with hand.control() as control:
                now = control.view().builds.get(build.id)
            over = now is None or not _prints(now)
            ask_at = time.monotonic() + _ASK_EVERY_S
        shown = tail.take().lines


@click.command()
@label_argument
@click.option("--build", "build_id", metavar="ID", help="Another build than the latest.")
@with_json
@in_workspace
@click.pass_obj
def diff(hand: Hand, label: str, build_id: str | None, as_json: bool) -> None:
    """Print what a build changed: the diff that an approval is bound to."""
    from engine.work.review import diff_text

    with hand.control() as control:
        build = _find(control.view(), label, build_id)
    text = diff_text(hand.workspace(), build)
    if as_json:
        facts = {"label": label, "build": build.id, "digest": build.digest, "files_changed": build.files_changed}
        say_json({**facts, "diff": text})
    elif text:
        click.echo(text, nl=not text.endswith("\n"))
    else:
        say(f"{build.id} changed nothing" if build.over else f"{build.id} has no result yet; it is {build.state_name}")
