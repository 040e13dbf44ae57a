"""`service`: have the machine keep the engine running."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from console.daemon.install import Standing
    from console.daemon.units import Level, Plan

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _at_a_level(function: _Function) -> _Function:
    for words, level, text in (
        (("--system",), "system", "A service of the machine's, run as the workspace's owner; the default for root."),
        (("--user",), "user", "A service of your own; the default for everybody else."),
    ):
        function = click.option(*words, "level", flag_value=level, help=text)(function)
    return function


@click.group()
@in_workspace
def service() -> None:
    """Have systemd or launchd start the engine after every reboot and again after a crash."""


@service.command()
@_at_a_level
@click.option("--print", "only_print", is_flag=True, help="Print systemd's unit and change nothing.")
@with_json
@in_workspace
@click.pass_obj
def install(hand: Hand, level: str | None, only_print: bool, as_json: bool) -> None:
    """Make the service, start it now and after every reboot; once more for what has changed since."""
    from console.daemon import units
    from console.daemon.install import manager

    plan = _plan(hand, level)
    if only_print:
        click.echo(units.systemd(plan), nl=False)
        return
    _refuse_without_root(plan.level)
    keeper = manager()
    before = keeper.standing(plan)
    changed = before.installed and keeper.file(plan).read_bytes() != keeper.text(plan)
    keeper.install(plan)
    _tell(keeper.standing(plan), as_json, "installed")
    if changed and before.active and not as_json:
        say("it still runs as it was before: restart it for what has changed")


@service.command()
@_at_a_level
@with_json
@in_workspace
@click.pass_obj
def uninstall(hand: Hand, level: str | None, as_json: bool) -> None:
    """End the engine and remove the service; builds that do not end within a minute go on without it."""
    from console.daemon.install import manager

    plan = _plan(hand, level)
    keeper = manager()
    if not keeper.standing(plan).installed:
        raise Refused(f"there is no {plan.level.value} service for {plan.root}: `midwatch service status` looks for it")
    _refuse_without_root(plan.level)
    keeper.uninstall(plan)
    _tell(keeper.standing(plan), as_json, "uninstalled")


@service.command()
@_at_a_level
@with_json
@in_workspace
@click.pass_obj
def status(hand: Hand, level: str | None, as_json: bool) -> None:
    """Say whether the service is there, runs, and has had to be started again."""
    from console.daemon.install import manager

    _tell(manager().standing(_plan(hand, level)), as_json)


def _plan(hand: Hand, level: str | None) -> "Plan":
    from console.daemon.install import plan_for
    from console.daemon.units import Level

    return plan_for(hand.workspace(), Level(level or ("system" if os.geteuid() == 0 else "user")))


def _refuse_without_root(level: "Level") -> None:
    if level == "system" and os.geteuid() != 0:
        raise Refused("a service of the machine's is root's to change: use sudo, or --user for one of your own")


def _tell(found: "Standing", as_json: bool, done: str = "") -> None:
    if as_json:
        say_json(found)
        return
    if not found.installed:
        say(f"{found.name}: {done or 'not installed; `midwatch service install` makes it'}")
        return
    again = f", started again {found.restarts} times" if found.restarts else ""
    boot = "starts after a reboot" if found.enabled else "does NOT start after a reboot"
    process = f", process {found.pid}" if found.pid else ""
    say(f"{found.name}: {f'{done}; ' if done else ''}{found.state}{process}{again}; {boot}")
    if found.text:
        say(found.text)
    if found.lingers is False:
        say("it ends when you log out: `loginctl enable-linger` lets it go on, and start without you")
