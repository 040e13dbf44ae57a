"""`rollout`: other rules for some of the tasks, compared with those beside them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json, with_reason

if TYPE_CHECKING:
    from engine.policy.rollout.compare import Arm
    from state.model.command import Command


@click.group()
@in_workspace
def rollout() -> None:
    """Let other rules decide about 1, 10, 50 and then 100 % of the tasks, as long as they do no worse."""


@rollout.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_reason
@with_json
@in_workspace
@click.pass_obj
def start(hand: Hand, file: Path, reason: str, as_json: bool) -> None:
    """Begin with FILE: [approval] budget_over and self_starting; [rollout] name, promote, samples and margin."""
    from state.settings.rollout import read_rollout

    _order(hand, read_rollout(file, reason), as_json)


@rollout.command()
@with_reason
@with_json
@in_workspace
@click.pass_obj
def promote(hand: Hand, reason: str, as_json: bool) -> None:
    """Take it to the next share of the tasks."""
    from state.model.command import SteerRollout

    _order(hand, SteerRollout(on=True, why=reason), as_json)


@rollout.command()
@with_reason
@with_json
@in_workspace
@click.pass_obj
def rollback(hand: Hand, reason: str, as_json: bool) -> None:
    """Let the settings decide about all tasks again."""
    from state.model.command import SteerRollout

    _order(hand, SteerRollout(on=False, why=reason), as_json)


@rollout.command()
@with_json
@in_workspace
@click.pass_obj
def status(hand: Hand, as_json: bool) -> None:
    """Compare both versions, and say what is needed for the next step."""
    from engine.facts import rules_of
    from engine.policy.rollout.compare import compare
    from engine.policy.rollout.differing import differing
    from engine.policy.rollout.version import is_candidate

    with hand.control() as control:
        view = control.view()
    found = view.control.rollout
    if found is None:
        if as_json:
            say_json({"rollout": None})
        else:
            say("no roll-out was ever begun: `midwatch rollout start FILE.toml` begins one")
        return
    compared = compare(view, found)
    otherwise = differing(view.tasks.values(), rules_of(hand.settings()), found)
    theirs = sum(is_candidate(label, found) for label in view.tasks)
    if as_json:
        say_json(
            {
                "rollout": found,
                "percent": found.percent,
                "tasks": {"candidate": theirs, "all": len(view.tasks), "decided_otherwise": otherwise},
                "candidate": _row(compared.candidate),
                "base": _row(compared.base),
                "worse": compared.worse,
            }
        )
        return
    from console.render import moment, table, terminal_width

    stage = "promoted" if found.ended == "promoted" else "rolled back" if found.ended else f"at {found.percent} %"
    lines = [
        f"{found.name} ({found.id}): {stage} since {moment(found.staged_at)}"
        + (f": {found.text}" if found.text else ""),
        f"it decides about {theirs} of {len(view.tasks)} tasks, and would decide otherwise about {len(otherwise)}",
        "",
    ]
    rows = [[name, *map(str, _row(arm).values())] for name, arm in _arms(compared)]
    lines.append(table(rows, ["VERSION", *map(str.upper, _row(compared.base))], width=terminal_width()))
    if found.ended is None:
        who = "by rule" if found.promote == "rule" else "by hand"
        lines.append(f"\nthe next step is {who}, from {found.samples} builds of each on")
    if compared.worse:
        lines.append(f"the candidate does worse: {compared.worse}")
    say("\n".join(lines))


def _arms(compared: Any) -> "list[tuple[str, Arm]]":
    return [("candidate", compared.candidate), ("base", compared.base)]


def _row(arm: "Arm") -> dict[str, Any]:
    from state.model.money import to_dollars

    return {
        "builds": arm.builds,
        "failed": arm.failed,
        "reverted": arm.reverted,
        "held": arm.held,
        "asked": arm.asked,
        "spent": to_dollars(arm.spent),
    }


def _order(hand: Hand, command: "Command", as_json: bool) -> None:
    with hand.control() as control:
        told = ask(control, command).text
    if as_json:
        say_json({"text": told})
    else:
        say(told)
