"""Every guard of this machine, tripped."""

import asyncio

from console.doctor.proof import Proof, seen
from console.doctor.prove import attempt
from console.doctor.stand import Stand, stand


def test_a_trial_that_cannot_be_made_proves_nothing() -> None:
    """What goes wrong on the way is a guard that did not hold, with the reason."""

    async def breaks(at: Stand) -> Proof:
        """Reads what is not there."""
        (at.outside / "nothing").read_text()
        return seen("never", True, "never")

    async def scene() -> Proof:
        async with stand() as at:
            return await attempt(breaks, at)

    proof = asyncio.run(scene())
    assert not proof.tripped and "nothing is proven" in proof.detail and "No such file" in proof.detail
