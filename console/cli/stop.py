"""`kill`, `arm`, `pause` and `resume`: the brakes, which work whether or not an engine does."""

import time
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, Label, Refused, ask, in_workspace, known, say, say_json, with_json, with_reason
from console.client import EngineSilent
from state.errors import WorkspaceBusy

if TYPE_CHECKING:
    from console.client import Control
    from engine.safety.kill import KillReport
    from state.files import Workspace

_HUNG_S = 2.0
"""An engine that has not answered by then is taken for hung."""
_CARRIED_OUT_S = 15.0
"""How long an engine that answers may take to end a build, beyond the grace that the task asks for."""
_RECORDED_S = 2.0
"""How long an engine may take to put the kill switch on record."""


@click.command()
@click.argument("label", type=Label(), required=False)
@click.option(
    "--all", "everything", is_flag=True, help="The kill switch: end every build, and start nothing until `arm`."
)
@with_reason
@with_json
@in_workspace
@click.pass_obj
def kill(hand: Hand, label: str | None, everything: bool, reason: str, as_json: bool) -> None:
    """End a task's build with all that it started, or with --all everything; also when the engine hangs or is dead."""
    if everything == (label is not None):
        raise Refused("say which: `midwatch kill LABEL` ends one, `midwatch kill --all` everything", 2)
    began = time.monotonic()
    if label is None:
        reports, words = _kill_all(hand, reason)
    else:
        reports, words = _kill_one(hand, label, reason)
    ms = (time.monotonic() - began) * 1000
    survivors = sorted(pid for report in reports for pid in report.survivors)
    if as_json:
        say_json({"text": words, "ms": round(ms, 1), "killed": reports, "survivors": survivors})
    else:
        for report in reports:
            say(f"{report.build}: dead in {report.ms:.0f} ms ({', '.join(report.how)})")
        say(words)
    if survivors:
        raise Refused(f"still alive: {', '.join(map(str, survivors))}; end them by hand, as root if need be")


@click.command()
@with_reason
@in_workspace
@click.pass_obj
def arm(hand: Hand, reason: str) -> None:
    """Release the kill switch, so that builds may start again."""
    from engine.safety import kill_switch
    from state.model.command import Arm

    with hand.control() as control:
        stopped = control.view().control.stopped or kill_switch.engaged(hand.workspace())
        if not stopped:
            say("the kill switch is not engaged")
            return
        if not control.live:
            _take_in(control, hand.workspace())
        reply = ask(control, Arm(why=reason))
        if not control.live:
            kill_switch.release(hand.workspace())
        say(reply.text)


@click.command()
@with_reason
@in_workspace
@click.pass_obj
def pause(hand: Hand, reason: str) -> None:
    """Start nothing more; what runs goes on."""
    _pause(hand, True, reason)


@click.command()
@with_reason
@in_workspace
@click.pass_obj
def resume(hand: Hand, reason: str) -> None:
    """Start builds again after `pause`."""
    _pause(hand, False, reason)


def _pause(hand: Hand, on: bool, reason: str) -> None:
    from state.model.command import Pause

    with hand.control() as control:
        say(ask(control, Pause(on=on, why=reason)).text)


def _kill_one(hand: Hand, label: str, reason: str) -> "tuple[tuple[KillReport, ...], str]":
    from state.model.command import Kill
    from state.model.task import Building, Verifying

    try:
        with hand.control(timeout_s=_HUNG_S) as control:
            task = known(control.view(), label)
            if not control.live:
                # On record before it dies, so that its end is never a riddle to the next engine.
                words = ask(control, Kill(label=label, why=reason)).text
                runs = isinstance(task.state, Building | Verifying)
                return (_strike(hand.workspace(), task.build, task.spec.grace_s) if runs else ()), words
            grace_s = task.spec.grace_s
        with hand.control(timeout_s=_CARRIED_OUT_S + grace_s) as control:
            return (), ask(control, Kill(label=label, why=reason)).text
    except (EngineSilent, WorkspaceBusy) as error:
        reports = _strike_label(hand.workspace(), label)
        if not reports:
            raise Refused(f"{label}: nothing of it runs, as far as its files tell; and {error}", error.code) from None
        return reports, f"killed without the engine, which does not answer; it will find the end of {label} on record"


def _kill_all(hand: Hand, reason: str) -> "tuple[tuple[KillReport, ...], str]":
    from engine.safety import kill_switch
    from state.model.brakes.kill_use import Means
    from state.model.command import KillAll

    workspace = hand.workspace()
    reports = kill_switch.engage(workspace, hand.actor, reason, means=Means.VERB)
    silent = ""
    try:
        with hand.control(timeout_s=_HUNG_S) as control:
            until = time.monotonic() + (_RECORDED_S if control.live else 0)
            while not control.view().control.stopped:
                if time.monotonic() >= until:
                    ask(control, KillAll(why=reason, means=Means.VERB))
                    break
                time.sleep(0.02)
            if not control.live:
                _take_in(control, workspace)
    except (EngineSilent, WorkspaceBusy):
        silent = "; the engine does not answer, and will put it on record from the STOP file"
    reports = kill_switch.killed_by(workspace, reports)
    count = f"{len(reports)} build{'' if len(reports) == 1 else 's'}"
    words = f"the kill switch is engaged, {count} killed; nothing starts until `midwatch arm`{silent}"
    return reports, words


def _take_in(control: "Control", workspace: "Workspace") -> None:
    """Put on record, in an engine's place, which uses of the switch the STOP file tells of."""
    from engine.safety import kill_switch
    from state.model.command import RecordUses

    known = control.view().kill_uses
    fresh = tuple(use for use in kill_switch.uses(workspace) if known.get(use.id) != use)
    if fresh:
        ask(control, RecordUses(uses=fresh))


def _strike_label(workspace: "Workspace", label: str) -> "tuple[KillReport, ...]":
    """End whatever runs of a task by the files of its builds alone, the latest attempt first."""
    attempts = [
        (int(number), root.name)
        for root in workspace.builds.glob(f"{label}-*")
        if (number := root.name.removeprefix(f"{label}-")).isdecimal()
    ]
    return tuple(report for _, build in sorted(attempts, reverse=True) for report in _strike(workspace, build, 0.0))


def _strike(workspace: "Workspace", build: str, grace_s: float) -> "tuple[KillReport, ...]":
    """End a build, and the verification of its result where one runs."""
    from engine.safety.kill import kill_build

    reports = kill_build(workspace.build(build), grace_s), kill_build(workspace.verification(build))
    return tuple(report for report in reports if report.found)
