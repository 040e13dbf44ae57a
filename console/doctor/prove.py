"""Goes through every guard, and gathers what was seen."""

import asyncio
from collections.abc import AsyncIterator

from console.doctor import gate, keys, killing, limits, privacy, record, sandbox, signals, together, unusual
from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import PATIENCE_S, Stand, stand
from state.errors import MidwatchError

TOGETHER: tuple[Trial, ...] = (*sandbox.TRIALS, *limits.TRIALS, *gate.TRIALS, *keys.TRIALS, *signals.TRIALS)
"""Those that do not disturb each other."""
IN_TURN: tuple[Trial, ...] = (*together.TRIALS, *unusual.TRIALS, *record.TRIALS, *privacy.TRIALS, *killing.TRIALS)
"""Those that need the engine for themselves, the one that ends it last."""
_AT_ONCE = 3
_APART = """
[limits.rates]
calls_per_min = "none"
usd_per_h = "none"
files_per_h = "none"

[limits.breaker]
failures = 0
unchanged = 0

[prices]
unpriced = "hold"
"""
"""What keeps one trial from holding back another: these are limits on what all builds do together."""


async def prove() -> AsyncIterator[Proof]:
    """Trip every guard and yield what was seen, as it is seen. Raises MidwatchError when no engine can be had."""
    async with stand(_APART) as at:
        room = asyncio.Semaphore(_AT_ONCE)

        async def in_room(trial: Trial) -> Proof:
            async with room:
                return await attempt(trial, at)

        for done in asyncio.as_completed([in_room(trial) for trial in TOGETHER]):
            yield await done
        for trial in IN_TURN:
            yield await attempt(trial, at)


async def attempt(trial: Trial, at: Stand) -> Proof:
    """Trip one guard; what goes wrong meanwhile means that nothing is proven."""
    name = trial.__name__.replace("_", " ")
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            return await trial(at)
    except TimeoutError:
        return seen(name, False, f"nothing is proven: {trial.__doc__ or name} took too long")
    except (MidwatchError, OSError) as error:
        return seen(name, False, f"nothing is proven: {error}")
