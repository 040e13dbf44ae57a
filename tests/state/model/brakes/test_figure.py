"""The words in which a figure of a build is told."""

import pytest

from state.model.brakes import figure


@pytest.mark.parametrize(
    ("name", "used", "limit", "words"),
    [
        ("files", 11, 10, "files 11 of 10"),
        ("calls", 1001, 1000, "calls 1,001 of 1,000"),
        ("spent", 100_010_000, 100_000_000, "money $100.01 of $100.00"),
        ("disk_bytes", 5 << 30, 4 << 30, "disk 5 GiB of 4 GiB"),
        ("memory_bytes", 1536 << 10, 700, "memory 1.5 MiB of 700 bytes"),
        ("run_s", 28_900, 28_800, "time 8.028 h of 8 h"),
        ("run_s", 0.55, 0.5, "time 0.55 s of 0.5 s"),
        ("output_bps", 52_428.8, 10_240, "output 3 MiB/min of 600 KiB/min"),
        ("odd_thing", 3, 2, "odd thing 3 of 2"),
    ],
)
def test_a_figure_is_told_with_its_unit(name: str, used: float, limit: float, words: str) -> None:
    """The name says what is counted, and the value in what."""
    assert figure.of(name, used, limit) == words
