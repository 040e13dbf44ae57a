"""Tests of console.cli.reports.kpis."""


def test_a_young_workspace_knows_little_and_says_so(midwatch):
    """What the record cannot tell is unknown, with the reason; what it can is told."""
    midwatch.add("tidy")
    midwatch.ok("engine", "--until-idle")
    found = midwatch.json("kpis", "--days", "2")
    assert found["shipped"] == 1 and found["uptime"]["starts"] == 1 and found["uptime"]["crashes"] == 0
    figures = found["figures"]
    assert figures["accuracy_ratio"]["value"] in (0.0, 1.0)
    assert 0 < figures["uptime_ratio"]["value"] <= 1
    assert figures["shipped_per_week"] == {
        "value": None,
        "help": "Builds shipped a week.",
        "text": "the record goes back less than a day",
        "goal": {"low": 14.0, "high": 21.0},
        "met": None,
    }
    assert found["nights"] == [] and "no whole night" in figures["shipped_per_night"]["text"]
    said = midwatch.ok("kpis")
    assert "unknown" in said and "14 to 21" in said and "1 build shipped" in said
