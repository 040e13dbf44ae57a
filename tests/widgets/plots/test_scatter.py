"""A value among those before it, drawn with characters."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from widgets.plots.scatter import CENTRE, DOT, EDGE, HEIGHT, POINT, WIDTH, Lines, legend, scatter

BEFORE = [40.0, 50, 60, 45, 55, 50, 65, 50, 48, 52]


def drawn(value: float = 900.0, low: float | None = None) -> list[str]:
    return scatter(BEFORE, value, Lines(low, 50.0, 150.0), lambda level: f"{level:g} s")


def test_the_picture() -> None:
    """Values stand by their size on a logarithmic scale, the oldest at the left, with the band's edge between."""
    assert drawn() == [
        "900 s ┤                                                                   ◆",
        "      │",
        "      │",
        "      │",
        "      │",
        "150 s ┤┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄",
        "      │",
        " 50 s ┤───────•─────•─────────────•──────•─────•──────•────────────•───────",
        "      │•                   •                                 •",
        "      └────────────────────────────────────────────────────────────────────",
        "       oldest                                                    this build",
    ]


def test_a_lower_edge_is_drawn_where_there_is_one() -> None:
    """Being too low has an edge of its own."""
    assert sum(EDGE in line for line in drawn(2.0, low=20.0)) == 2
    assert any(line.startswith(" 20 s ┤") for line in drawn(2.0, low=20.0))
    assert legend(10, low=True) == "• 10 builds before   ◆ this one   ┄ edges of the band   ─ median"
    assert "upper edge" in legend(10, low=False)


@given(
    st.lists(st.floats(0, 1e12), max_size=50),
    st.floats(0, 1e12),
    st.floats(0, 1e9),
    st.floats(1, 1e3),
    st.integers(40, 120),
)
@settings(deadline=None, max_examples=60)
def test_any_values_make_a_picture_that_fits(
    before: list[float], value: float, centre: float, factor: float, width: int
) -> None:
    """Whatever the values are, no line is wider than asked for and the value is in it exactly once."""
    found = scatter(before, value, Lines(None, centre, centre * factor), lambda level: f"{level:.3g}", width=width)
    assert len(found) == HEIGHT + 2
    assert all(cell_len(line) <= width for line in found)
    assert sum(line.count(POINT) for line in found) == 1
    assert sum(line.count(DOT) for line in found) <= len(before)
    assert any(CENTRE in line for line in found[:HEIGHT]) or value == centre
    assert WIDTH < 80
