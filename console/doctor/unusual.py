"""Has a build do far more than those before it did."""

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand
from state.model import command as c

_BEFORE = 10


async def anomaly(stand: Stand) -> Proof:
    """A build that prints a thousand times what ten like it printed stands still, and asks."""
    for number in range(_BEFORE):
        await stand.build(f"usual-{number}", "seq 100")
    build = await stand.build("unusual", "seq 500000; sleep 3")
    hold = build.hold
    held = hold is not None and hold.anomaly
    await stand.ask(c.Kill(label="unusual"))
    return seen("anomaly", held, hold.text if hold else f"3.3 MiB after ten times 300 bytes: {build.state_name}")


TRIALS: tuple[Trial, ...] = (anomaly,)
