"""Tests of console.cli.brakes.raising."""

import pytest

from console.cli.base import Refused
from console.cli.brakes.raising import _read


def test_what_does_not_stand_still_has_nothing_to_raise(midwatch):
    """Refused in words, with exit code 1."""
    midwatch.add("tidy")
    code, complaint = midwatch.fails("raise", "tidy", "--to", "40")
    assert code == 1 and "stands still" in complaint
    assert midwatch.fails("raise", "nobody")[0] == 1


@pytest.mark.parametrize(
    ("figure", "text", "value"),
    [
        ("files", "40", 40.0),
        ("calls", "1", 1.0),
        ("spent", "$12.50", 12_500_000.0),
        ("disk_bytes", "8G", float(8 << 30)),
        ("run_s", "1h30m", 5400.0),
    ],
)
def test_a_limit_is_written_as_its_figure_is(figure: str, text: str, value: float) -> None:
    """Dollars, sizes, durations, or a plain number."""
    assert _read(figure, text) == value


@pytest.mark.parametrize(
    ("figure", "text"), [("files", "4.5"), ("spent", "much"), ("disk_bytes", "x"), ("run_s", "-1")]
)
def test_what_is_no_limit_is_refused_with_exit_code_2(figure: str, text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(Refused) as refused:
        _read(figure, text)
    assert refused.value.code == 2
