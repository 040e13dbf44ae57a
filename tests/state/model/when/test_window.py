"""Windows as nouns."""

import pytest

from state.model.when.window import Window


@pytest.mark.parametrize(
    ("start_min", "end_min", "hours"), [(540, 1020, 8), (1380, 420, 8), (0, 1440, 24), (0, 0, 24), (1439, 1, 1 / 30)]
)
def test_an_end_at_or_before_the_start_is_on_the_next_day(start_min: int, end_min: int, hours: float) -> None:
    """The length of a window is told by its two times alone."""
    assert Window(name="w", start_min=start_min, end_min=end_min).length_s == hours * 3600
