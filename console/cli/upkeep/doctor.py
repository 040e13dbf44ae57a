"""`doctor`: what this machine can enforce, and the proof of it."""

import asyncio
from typing import TYPE_CHECKING

import click

from console.cli.base import say, say_json, with_json

if TYPE_CHECKING:
    from console.doctor.proof import Proof


@click.command()
@click.option("--prove", is_flag=True, help="Trip every guard, in a workspace that is thrown away afterwards.")
@with_json
@click.pass_context
def doctor(context: click.Context, prove: bool, as_json: bool) -> None:
    """Say what this machine can enforce; exit code 0 if it is all there is to enforce, 1 if something is missing."""
    if not prove:
        from console.doctor.machine import examine

        checks = examine()
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


async def _prove(*, aloud: bool) -> "list[Proof]":
    from console.doctor.prove import prove

    found = []
    async for proof in prove():
        found.append(proof)
        if aloud:
            say(f"{'held' if proof.tripped else 'DID NOT HOLD'}  {proof.guard}: {proof.detail}")
    return found
