"""The figures of a build in words."""

import pytest

from engine.policy.bands.figures import CALLS, DURATION, FIGURES, FILES, MEMORY, OUTPUT, SPENT, Figure


@pytest.mark.parametrize(
    ("figure", "value", "words"),
    [
        (DURATION, 0.25, "0.25 s"),
        (DURATION, 100, "100 s"),
        (DURATION, 5400, "1 h 30 min"),
        (FILES, 11, "11"),
        (FILES, 2.5, "2.5"),
        (CALLS, 12345, "12,345"),
        (SPENT, 120_000, "$0.12"),
        (MEMORY, 512, "512 bytes"),
        (MEMORY, 1536, "1.5 KiB"),
        (MEMORY, 3 << 30, "3 GiB"),
        (OUTPUT, 9.1 * 1024 * 1024 / 60, "9.1 MiB/min"),
    ],
)
def test_a_value_has_words_with_its_unit(figure: Figure, value: float, words: str) -> None:
    """Values are told in the unit that people think in."""
    assert figure.show(value) == words


def test_figures_are_found_by_name() -> None:
    """A record that names a figure leads back to it."""
    assert all(FIGURES[figure.name] is figure for figure in FIGURES.values())
    assert FIGURES["run_s"] is DURATION
