"""The rule on memory."""

import pytest

from engine.learning.problems.detectors.memory import look
from engine.learning.problems.facts import Memory
from tests.engine.learning.problems.looks import GIB, a_look, seen

MIB = 1 << 20


@pytest.mark.parametrize(
    ("total", "available", "expected"),
    [
        (16 * GIB, 256 * MIB, []),
        (16 * GIB, 256 * MIB - 1, [("memory:machine", "high")]),
        (16 * GIB, 64 * MIB - 1, [("memory:machine", "critical")]),
        (1000 * MIB, 101 * MIB, []),
        (1000 * MIB, 99 * MIB, [("memory:machine", "high")]),
    ],
)
def test_what_is_too_little(total: int, available: int, expected: list[tuple[str, str]]) -> None:
    """By the settings, and on a small machine by its size."""
    assert seen(look(a_look(memory=Memory(total_bytes=total, available_bytes=available)))) == expected


def test_a_machine_that_does_not_tell_is_not_judged() -> None:
    """No answer is neither well nor ill."""
    assert look(a_look(memory=None)) is None
