"""`breaker`: where nothing starts for a while because too much failed or changed nothing."""

from typing import TYPE_CHECKING, Any

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json, with_reason

if TYPE_CHECKING:
    from datetime import datetime

    from state.model.brakes.breaker import Breaker


@click.group()
@in_workspace
def breaker() -> None:
    """Show the circuit breakers, and close one.

    There is one for each repository that builds ran in, and one for builds without a repository. It opens after
    several builds in a row failed, or succeeded and changed nothing; then nothing starts there for a while. After that
    one build tries: its success closes the breaker, its failure opens it for twice as long.
    """


@breaker.command("list")
@with_json
@in_workspace
@click.pass_obj
def list_(hand: Hand, as_json: bool) -> None:
    """List them, open ones first."""
    from console.render import table, terminal_width

    with hand.control() as control:
        view = control.view()
    known = sorted(view.breakers.values(), key=lambda known: (known.state_name == "closed", known.key))
    rows = [row(one) for one in known]
    if as_json:
        say_json(rows)
    elif not rows:
        say("every breaker is closed, and nothing counts against any: no build failed lately")
    else:
        cells = [[one["key"], one["state"], str(one["failures"]), str(one["unchanged"]), _told(one)] for one in rows]
        say(table(cells, ["BREAKER", "STATE", "FAILED", "UNCHANGED", ""], width=terminal_width()))


@breaker.command()
@click.argument("key")
@with_reason
@in_workspace
@click.pass_obj
def reset(hand: Hand, key: str, reason: str) -> None:
    """Close the breaker KEY, so that builds start again."""
    from state.model.command import ResetBreaker

    with hand.control() as control:
        say(ask(control, ResetBreaker(key=key, why=reason)).text)


def row(known: "Breaker") -> dict[str, Any]:
    """Return a breaker as `breaker list --json` gives it."""
    since: datetime | None = getattr(known.state, "since", None)
    until: datetime | None = getattr(known.state, "until", None)
    return {
        "key": known.key,
        "runner": known.runner,
        "repo": known.repo,
        "state": known.state_name,
        "failures": known.failures,
        "unchanged": known.unchanged,
        "since": since,
        "until": until,
        "trying": getattr(known.state, "build", None),
        "text": known.text,
    }


def _told(one: dict[str, Any]) -> str:
    from console.render import moment

    if one["state"] == "closed":
        return ""
    tries = f"{one['trying']} tries again now" if one["trying"] else f"one tries again from {moment(one['until'])} on"
    return f"{one['text']}; {tries}"
