"""How much happens in each hour of a week, drawn with characters."""

from widgets.plots.hours import SHADES, hours, legend


def week(**counts: int) -> list[list[int]]:
    found = [[0] * 24 for _ in range(7)]
    for place, count in counts.items():
        day, hour = place[1:].split("_")
        found[int(day)][int(hour)] = count
    return found


def test_the_picture() -> None:
    """Each hour stands in its place, the darkest the highest; a single one among many is still seen."""
    assert hours(week(d0_9=100, d0_10=50, d4_16=1, d6_23=99)) == [
        "    0     3     6     9     12    15    18    21",
        "Mon                   ██░░",
        "Tue",
        "Wed",
        "Thu",
        "Fri                                 ··",
        "Sat",
        "Sun                                               ▓▓",
    ]
    assert legend(week(d0_9=100)) == "█ 100 in that hour of all weeks"


def test_nothing_is_drawn_of_nothing() -> None:
    """An empty week is seven empty days."""
    assert {line[4:] for line in hours(week())[1:]} == {""}
    assert legend(week()) == "nothing in any hour"


def test_a_shade_never_lightens_as_counts_grow() -> None:
    """More is darker, for every height of the highest."""
    for most in range(1, 60):
        lines = hours([[*range(min(most, 23)), *[most] * (24 - min(most, 23))], *[[0] * 24] * 6])
        shades = [SHADES.index(shade) for shade in lines[1][4::2]]
        assert shades == sorted(shades)
        assert shades[-1] == len(SHADES) - 1
