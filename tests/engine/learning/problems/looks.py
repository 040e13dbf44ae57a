"""Looks for tests: a machine on which all is well, of which a test says what is not."""

from datetime import timedelta
from typing import Any

from engine.learning.problems.facts import Facts, Memory, Sample, Timing, Volume
from state.model.learning.problem import Sighting
from state.model.view import View
from state.settings import Settings
from tests.making import NOON

GIB = 1 << 30
DISK = Volume(
    path="/ws",
    holds=("the workspace", "builds"),
    total_bytes=100 * GIB,
    free_bytes=50 * GIB,
    files=1000,
    free_files=500,
)


def a_sample(**changes: Any) -> Sample:
    """The figures of a look at noon."""
    fields: dict[str, Any] = {"at": NOON, "up_s": 1000.0, "boot": "b", "free": {"/ws": 50 * GIB}, "sizes": {}}
    return Sample(**{**fields, **changes})


def earlier(free: list[int], *, hours: float = 6.0, name: str = "") -> tuple[Sample, ...]:
    """Samples from before noon, the last one `hours` ago: free bytes, or of a folder `name` the bytes it took."""
    count = len(free)
    found = []
    for place, value in enumerate(free):
        back_s = (count - place) * hours * 3600.0
        figures = {"sizes": {name: value}, "free": {}} if name else {"free": {"/ws": value}}
        found.append(a_sample(at=NOON - timedelta(seconds=back_s), up_s=1e7 - back_s, **figures))
    return tuple(found)


def a_look(**changes: Any) -> Facts:
    """Facts at noon; fields of the view may be named, too."""
    own = {name: changes.pop(name) for name in tuple(changes) if name in View.__struct_fields__}
    fields: dict[str, Any] = {
        "now": NOON,
        "view": View(at=NOON, **own),
        "settings": Settings(),
        "volumes": (DISK,),
        "memory": Memory(total_bytes=16 * GIB, available_bytes=8 * GIB),
        "folders": (),
        "expiries": (),
        "timing": Timing(last_entry_at=NOON, synchronised=None, machine_zone="UTC"),
        "errors": None,
        "leftovers": (),
        "prunable_bytes": 0,
        "starts": {},
        "sample": a_sample(),
        "samples": (),
    }
    return Facts(**{**fields, **changes})


def seen(found: tuple[Sighting, ...] | None) -> list[tuple[str, str]]:
    """What was seen, with how much it matters."""
    assert found is not None
    return [(sighting.id, sighting.severity.value) for sighting in found]
