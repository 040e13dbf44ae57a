"""`doctor`: what this machine can enforce, and the proof of it."""

import asyncio
from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json
from state.errors import NoWorkspace

if TYPE_CHECKING:
    from console.doctor.machine import Check
    from console.doctor.proof import Proof


@click.command()
@click.option("--prove", is_flag=True, help="Trip every guard, in a workspace that is thrown away afterwards.")
@with_json
@in_workspace
@click.pass_context
def doctor(context: click.Context, prove: bool, as_json: bool) -> None:
    """Say what this machine can enforce; exit code 0 if it is all there is to enforce, 1 if something is missing."""
    if not prove:
        checks = _examine(context.ensure_object(Hand))
        if as_json:
            say_json({"checks": checks})
        else:
            for check in checks:
                say(f"{'ok ' if check.ok else 'BAD'}  {check.name}: {check.text}")
        context.exit(0 if all(check.ok for check in checks) else 1)
    found = asyncio.run(_prove(aloud=not as_json))
    if as_json:
        say_json({"guards": found})
    bad = [proof for proof in found if not proof.tripped]
    if not as_json:
        say(f"{len(found) - len(bad)} of {len(found)} guards held")
    context.exit(1 if bad or not found else 0)


def _examine(hand: Hand) -> "tuple[Check, ...]":
    """Look at the machine, and at the workspace where there is one."""
    from console.doctor.machine import examine, rehearsed

    checks = examine()
    try:
        with hand.control() as control:
            return (*checks, rehearsed(control.view()))
    except NoWorkspace:
        return checks


async def _prove(*, aloud: bool) -> "list[Proof]":
    from console.doctor.prove import prove

    found = []
    async for proof in prove():
        found.append(proof)
        if aloud:
            say(f"{'held' if proof.tripped else 'DID NOT HOLD'}  {proof.guard}: {proof.detail}")
    return found
