"""The rule on disks."""

import msgspec
import pytest

from engine.learning.problems.detectors.space import look
from engine.learning.problems.facts import Leftover, Volume
from state.model.learning.problem import Fix
from tests.engine.learning.problems.looks import DISK, GIB, a_look, a_sample, earlier, seen
from tests.making import NOON


def disk(**changes: object) -> Volume:
    return msgspec.structs.replace(DISK, **changes)


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        (disk(free_bytes=2 * GIB), []),
        (disk(free_bytes=2 * GIB - 1), [("disk:/ws", "high")]),
        (disk(free_bytes=GIB // 2 - 1), [("disk:/ws", "critical")]),
        (disk(total_bytes=10 << 20, free_bytes=1 << 20), []),
        (disk(total_bytes=10 << 20, free_bytes=(1 << 20) - 1), [("disk:/ws", "high")]),
        (disk(free_files=49), [("disk:/ws", "high")]),
        (disk(free_files=9), [("disk:/ws", "critical")]),
        (disk(files=0, free_files=0), []),
    ],
)
def test_what_is_too_little(volume: Volume, expected: list[tuple[str, str]]) -> None:
    """By the settings, on a small disk by its size, and by the number of files."""
    assert seen(look(a_look(volumes=(volume,)))) == expected


@pytest.mark.parametrize(("a_day", "severity"), [(60, "high"), (30, "medium"), (5, None)])
def test_it_is_seen_coming(a_day: int, severity: str | None) -> None:
    """At so many GiB less each day, 50 GiB are left for less than a day, for less than three, or for long enough."""
    step = a_day * GIB // 4
    facts = a_look(samples=earlier([50 * GIB + step * (12 - place) for place in range(12)]))
    found = look(facts)
    assert seen(found) == ([("disk:/ws", severity)] if severity else [])
    for sighting in found or ():
        assert sighting.outlook is not None
        assert NOON < sighting.outlook.earliest <= sighting.outlook.at
        assert f"{a_day} GiB less each day, by 13 looks over 3 days" in sighting.text


def test_nothing_is_foreseen_from_little() -> None:
    """Three looks, however steep, are no reason to worry; nor is a figure that goes up and down."""
    assert look(a_look(samples=earlier([150 * GIB, 100 * GIB, 70 * GIB]))) == ()
    assert look(a_look(samples=earlier([60 * GIB, 45 * GIB] * 6))) == ()


def test_what_can_be_freed_is_offered() -> None:
    """Only where it lies on that disk."""
    left = (Leftover(build="tidy-1", path="/ws/.midwatch/builds/tidy-1/work", bytes=3 * GIB),)
    full = disk(free_bytes=GIB)
    [found] = look(a_look(volumes=(full,), leftovers=left)) or ()
    assert found.fix is Fix.ROOM
    assert "`midwatch problems fix` frees 3 GiB" in found.text
    other = disk(path="/home", holds=("your home",), free_bytes=GIB)
    [found] = look(a_look(volumes=(other,), leftovers=left, sample=a_sample(free={"/home": GIB}))) or ()
    assert found.fix is Fix.NONE
