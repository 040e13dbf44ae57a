"""The rule on the clock."""

from datetime import timedelta

import msgspec
import pytest

from engine.learning.problems.detectors.clock import look
from engine.learning.problems.facts import Timing
from state.settings import Settings, TimeSettings
from tests.engine.learning.problems.looks import a_look, a_sample, seen
from tests.making import NOON

WELL = Timing(last_entry_at=NOON, synchronised=True, machine_zone="UTC")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"last_entry_at": None, "synchronised": None}, []),
        ({"last_entry_at": NOON + timedelta(minutes=2)}, []),
        ({"last_entry_at": NOON + timedelta(hours=2)}, [("clock:behind-record", "high")]),
        ({"synchronised": False}, [("clock:unsynchronised", "low")]),
        ({"machine_zone": "Europe/Berlin"}, [("clock:zone", "low")]),
        ({"machine_zone": "America/Winnipeg"}, []),
    ],
)
def test_what_is_wrong_with_it(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    """A clock behind the record, one that drifts, and a zone where it is another time than in the settings."""
    settings = Settings(time=TimeSettings(zone="America/Chicago"))
    assert seen(look(a_look(settings=settings, timing=msgspec.structs.replace(WELL, **changes)))) == expected


@pytest.mark.parametrize(
    ("wall_s", "up_s", "boot", "expected"),
    [
        (3600, 3600, "b", []),
        (3600, 3550, "b", []),
        (7200, 3600, "b", ["was set forward by 1 h"]),
        (-3600, 3600, "b", ["was set back by 2 h"]),
        (7200, 3600, "other", []),
    ],
)
def test_a_clock_that_was_set(wall_s: float, up_s: float, boot: str, expected: list[str]) -> None:
    """Told by how long the machine was up meanwhile, where it is still the same boot."""
    before = a_sample(at=NOON - timedelta(seconds=wall_s), up_s=10_000.0 - up_s, boot=boot)
    found = look(a_look(samples=(before,), sample=a_sample(up_s=10_000.0))) or ()
    assert [words for words in expected if any(words in sighting.text for sighting in found)] == expected
    assert len(found) == len(expected)
