"""The figures of one build, while it runs and when it is over."""

from datetime import datetime
from typing import NamedTuple

from engine.policy.bands.figures import CALLS, CPU, DURATION, FILES, MEMORY, OUTPUT, SHORTEST_S, SPENT, TOKENS, Figure
from state.model import build as b
from state.model.counts.tokens import total
from state.model.progress import Progress


class Measured(NamedTuple):
    """One figure and its value."""

    figure: Figure
    value: float


_BEFORE_ITS_RESULT = (b.Preparing, b.Starting, b.Running, b.Ended)


def is_sample(build: b.Build) -> bool:
    """Whether it counts among what is usual: its command ended well, and its result was collected.

    What was killed or failed says how long that took, and not how long such a build lasts.
    """
    ran = build.executed.result is b.Result.YES and build.started_at is not None
    return ran and not isinstance(build.state, _BEFORE_ITS_RESULT)


def ended_at(build: b.Build) -> datetime:
    """Return when the command of a sample ended."""
    return build.executed.at or build.ended_at or build.created_at


def ran_s(build: b.Build, until: datetime) -> float:
    """Return for how many seconds a build's command has run, without the time for which it was frozen."""
    if build.started_at is None:
        return 0.0
    return max(0.0, (until - build.started_at).total_seconds() - build.held_s)


def of_sample(build: b.Build) -> dict[str, float]:
    """Return the values of a sample by figure; those that nobody measured are left out."""
    lasted_s = ran_s(build, ended_at(build))
    values = {DURATION.name: lasted_s, FILES.name: float(build.files_changed), CPU.name: build.cpu_s}
    if build.output_bytes is not None:
        values[OUTPUT.name] = rate(build.output_bytes, lasted_s)
        values[CALLS.name] = float(build.calls)
        values[SPENT.name] = float(build.spent)
    if build.tokens:
        # Of builds that name no model nobody knows how many they used.
        values[TOKENS.name] = float(total(build.tokens))
    if build.memory_bytes is not None:
        values[MEMORY.name] = float(build.memory_bytes)
    return values


def of_running(progress: Progress, lasted_s: float, usually_s: float) -> list[Measured]:
    """Return what a running build's figures will be at least, if it lasts as long as such builds usually do.

    So a build that prints all it has to say in its first minute is none that prints too much.
    """
    return [
        Measured(OUTPUT, rate(progress.output_bytes, max(lasted_s, usually_s))),
        Measured(FILES, float(progress.files_changed)),
        Measured(CALLS, float(progress.calls)),
        Measured(SPENT, float(progress.spent)),
        Measured(TOKENS, float(total(progress.tokens))),
        Measured(CPU, progress.cpu_s),
        Measured(MEMORY, float(progress.memory_most_bytes)),
    ]


def rate(output_bytes: int, lasted_s: float) -> float:
    """Return the bytes a second that a build printed, over a minute at least."""
    return output_bytes / max(lasted_s, SHORTEST_S)
