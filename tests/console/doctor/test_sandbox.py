"""Proofs of the sandbox fail where there is none."""

import asyncio

from console.doctor import sandbox
from console.doctor.proof import Proof, Trial
from console.doctor.stand import stand

BARE = "".join(f'\n[tasks.{label}]\nsandbox = "none"\n' for label in ("home", "socket", "network", "processes"))


def tried(*trials: Trial, settings: str = "") -> list[Proof]:
    async def scene() -> list[Proof]:
        async with stand(settings) as at:
            return [await trial(at) for trial in trials]

    return asyncio.run(scene())


def test_builds_that_run_with_the_operators_rights_are_not_held() -> None:
    """The same attempts get out of a build that has no sandbox."""
    trials = (sandbox.files, sandbox.control_socket, sandbox.network, sandbox.processes)
    proofs = tried(*trials, settings=BARE)
    assert [proof.tripped for proof in proofs] == [False] * 4
    assert all("NOT refused inside: GOT OUT" in proof.detail for proof in proofs)
