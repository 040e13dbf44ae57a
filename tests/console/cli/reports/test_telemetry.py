"""Tests of console.cli.reports.telemetry."""

from tests.console.cli.reports.unusual import done, seed


def test_what_is_usual_is_told_by_kind_and_figure(midwatch):
    """Ten builds make bands; each figure has its number, median, spread and last value, for people and programs."""
    seed(midwatch, *(record for number in range(10) for record in done(number)))
    rows = {
        (row["kind"]["runner"], row["figure"]): row for row in midwatch.json("telemetry") if row["kind"]["category"]
    }
    ran = rows["make", "run_s"]
    assert (ran["n"], ran["median"], ran["mad"], ran["last"]) == (10, 64.5, 2.5, 69.0)
    assert ran["band"]["high"] > 120 and ran["band"]["sigma"] == 3.0
    assert rows["make", "failures"]["band"] is None
    said = midwatch.ok("telemetry")
    assert "bug fix, make, no repository" in said
    assert "a band needs 10 builds that ended well" in said


def test_a_fresh_workspace_knows_nothing(midwatch):
    """Nothing is said of nothing."""
    assert midwatch.ok("telemetry") == "no build has ended yet\n"
    assert midwatch.json("telemetry") == []
