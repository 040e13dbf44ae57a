"""The figures of a build that can leave their band."""

from enum import StrEnum

from engine.policy.times import lasting
from state.model.money import MICRO, to_dollars
from state.model.record import Noun

SHORTEST_S = 60.0
"""What a build prints is spread over this long at least, so that one that is over at once has a rate too."""
_MINUTES_FROM_S = 120.0


class Unit(StrEnum):
    """What a figure is counted in."""

    SECONDS = "seconds"
    BYTES = "bytes"
    BYTES_PER_S = "bytes a second"
    MICRO_DOLLARS = "micro-dollars"
    COUNT = "count"


class Figure(Noun, frozen=True, kw_only=True):
    """One figure, with what is too little of it to speak of."""

    name: str
    words: str
    unit: Unit
    start: float
    """What is added before the logarithm is taken: far below it differences count as they are, far above as ratios."""
    reach: float
    """Less than this above or below the centre is never out of the band."""
    low: bool = False
    """Whether less than usual means something, too."""
    live: bool = True
    """Whether it is known while the build runs, when it can only grow."""

    def show(self, value: float) -> str:
        """Return a value in words, such as `1 h 30 min` or `9.1 MiB/min`."""
        match self.unit:
            case Unit.SECONDS:
                return f"{value:.3g} s" if value < _MINUTES_FROM_S else lasting(value)
            case Unit.BYTES:
                return _size(value)
            case Unit.BYTES_PER_S:
                return f"{_size(value * 60)}/min"
            case Unit.MICRO_DOLLARS:
                return to_dollars(round(value))
            case Unit.COUNT:
                return f"{round(value, 1):,.12g}"


_MIB = 1024.0 * 1024.0
DURATION = Figure(
    name="run_s", words="run time", unit=Unit.SECONDS, start=1.0, reach=60.0, low=True, live=False
)  # fmt: skip
OUTPUT = Figure(name="output_bps", words="output", unit=Unit.BYTES_PER_S, start=100.0, reach=10240.0)
FILES = Figure(name="files", words="changed files", unit=Unit.COUNT, start=1.0, reach=5.0, low=True)
CALLS = Figure(name="calls", words="API calls", unit=Unit.COUNT, start=1.0, reach=20.0)
SPENT = Figure(name="spent", words="cost", unit=Unit.MICRO_DOLLARS, start=0.01 * MICRO, reach=0.25 * MICRO)
TOKENS = Figure(name="tokens", words="tokens", unit=Unit.COUNT, start=1000.0, reach=20_000.0)
CPU = Figure(name="cpu_s", words="processor time", unit=Unit.SECONDS, start=1.0, reach=60.0)
MEMORY = Figure(name="memory_bytes", words="memory", unit=Unit.BYTES, start=_MIB, reach=128 * _MIB)
RETRIES = Figure(name="retries", words="failures before it was done", unit=Unit.COUNT, start=1.0, reach=2.0, live=False)
FAILURES = Figure(name="failures", words="failed builds", unit=Unit.COUNT, start=1.0, reach=0.0, live=False)
"""How many of the last few builds failed: a share, which `failing` judges, and no band."""

OF_RUNS = (DURATION, OUTPUT, FILES, CALLS, SPENT, TOKENS, CPU, MEMORY)
"""What each build has whose command ended well."""
FIGURES = {figure.name: figure for figure in (*OF_RUNS, RETRIES, FAILURES)}


def _size(count: float) -> str:
    for unit, size in (("GiB", 1024 * _MIB), ("MiB", _MIB), ("KiB", 1024.0)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} bytes"
