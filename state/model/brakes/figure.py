"""What is counted of a build, in the words in which it is told."""

from state.model.money import to_dollars

_WORDS = {
    "files": "files",
    "calls": "calls",
    "spent": "money",
    "tokens": "tokens",
    "unpriced": "models without a price",
    "memory_bytes": "memory",
    "disk_bytes": "disk",
    "run_s": "time",
    "calls_per_min": "calls a minute",
    "usd_per_h": "money an hour",
    "files_per_h": "file changes an hour",
    "usd_per_night": "money a night",
    "calls_per_night": "calls a night",
    "cpu_s": "processor time",
    "output_bps": "output",
    "quiet_s": "silence",
    "failures": "failed builds",
}
_WHOLE_FROM = 1_000_000
_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


def name(figure: str) -> str:
    """Return what a figure is called, such as `disk` for `disk_bytes`; after ` of ` it says of which builds."""
    plain, _, scope = figure.partition(" of ")
    told = _WORDS.get(plain, plain.replace("_", " "))
    return f"{told} of {scope.replace(':', ' ')}" if scope else told


def said(figure: str, value: float) -> str:
    """Return a value with its unit, which the figure's own name tells."""
    if figure == "spent" or figure.startswith("usd_"):
        return to_dollars(round(value))
    if figure.endswith("_bps"):
        return f"{said('_bytes', value * 60)}/min"
    if figure.endswith("_bytes"):
        size, unit = next(((size, unit) for size, unit in _UNITS if value >= size), (1, "bytes"))
        return f"{value / size:,.4g} {unit}"
    if figure.endswith("_s"):
        return f"{value / 3600:,.4g} h" if value >= 3600 else f"{round(value, 2):,.4g} s"
    return f"{value:,.6g}" if value < _WHOLE_FROM else f"{value:,.0f}"


def of(figure: str, used: float, limit: float) -> str:
    """Return `files 11 of 10`."""
    return f"{name(figure)} {said(figure, used)} of {said(figure, limit)}"
