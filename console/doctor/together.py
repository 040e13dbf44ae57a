"""Has builds use up together what each alone may use."""

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand, spec, stand
from state.model import command as c

_FEW = """
[limits.rates]
calls_per_min = 10

[limits.breaker]
failures = 3
unchanged = 0
"""


async def rate(_: Stand) -> Proof:
    """A build that takes the last of a minute's calls stands still, and nothing else starts then."""
    async with stand(_FEW) as at:
        build = await at.build("busy", "echo '::usage calls=11 usd=0'; sleep 300")
        await at.ask(c.AddTasks(specs=(spec("next"),)))
        started = "next-1" in at.view().builds
        told = build.hold.text if build.hold is not None else f"it went on: {build.state_name}"
        return seen("limit: calls a minute", build.hold is not None and not started, told)


async def breaker(_: Stand) -> Proof:
    """After so many failures in a row nothing more is tried."""
    async with stand(_FEW) as at:
        for number in range(3):
            await at.build(f"fails-{number}", "exit 1")
        await at.ask(c.AddTasks(specs=(spec("fourth"),)))
        view = at.view()
        opened = [breaker.text for breaker in view.breakers.values() if "fourth-1" not in view.builds]
        return seen("circuit breaker", any(opened), "; ".join(filter(None, opened)) or "a fourth build was started")


TRIALS: tuple[Trial, ...] = (rate, breaker)
