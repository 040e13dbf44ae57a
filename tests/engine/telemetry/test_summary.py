"""What each kind of build usually comes to."""

from engine.policy.bands.kinds import ALL
from engine.telemetry.summary import summed_up
from tests.engine.telemetry.test_history import BUGS, history, over


def test_each_figure_of_each_kind_is_summed_up() -> None:
    """Number, median, spread, band and the last value; failures as they are judged, five builds at a time."""
    known = history(*(over(n, files=n) for n in range(1, 12)), over(12, "failed"), over(13, "failed"))
    found = {(each.kind, each.figure.name): each for each in summed_up(known, sigma=3, least=10)}
    files = found[ALL, "files"]
    assert (files.n, files.median, files.mad, files.last) == (11, 6.0, 3.0, 11.0)
    assert files.band is not None
    assert files.band.high > 11
    assert (found[BUGS, "failures"].n, found[BUGS, "failures"].last) == (13, 2.0)
    assert found[BUGS, "failures"].band is None
    assert ("calls" in {name for _, name in found}) is False
    assert next(iter(found))[0] == ALL


def test_too_few_builds_have_a_median_and_no_band() -> None:
    """What is known is told, and nothing is concluded from it."""
    [kind, *_] = summed_up(history(over(1)), sigma=3, least=10)
    assert (kind.n, kind.band) == (1, None)
    assert summed_up(history(), sigma=3, least=10) == []
