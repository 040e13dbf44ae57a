"""Tests of console.cli.reports.stats."""


def test_a_fresh_workspace_has_no_figures(midwatch):
    """Nothing is said of nothing, in words and in JSON."""
    assert midwatch.ok("stats") == "no build was over in the last 30 days\n"
    answer = midwatch.json("stats", "--days", "7")
    assert answer["days"] == 7
    assert [(row["category"], row["builds"]) for row in answer["rows"]] == [("all", 0)]


def test_figures_come_from_the_record_with_and_without_an_engine(midwatch):
    """Six real builds: an interval for all of them, none for the two of another kind; the same once nobody runs."""
    for number in range(4):
        midwatch.add(f"mend-{number}")
    midwatch.add("docs-ok", "--category", "docs")
    midwatch.add("docs-bad", "--category", "docs", "--command", "exit 3")
    with midwatch.engine():
        for number in range(4):
            midwatch.reaches(f"mend-{number}", "done")
        midwatch.reaches("docs-ok", "done")
        midwatch.reaches("docs-bad", "failed")
        live = midwatch.json("stats")["rows"]
    rows = {row["category"]: row for row in midwatch.json("stats")["rows"]}
    assert rows == {row["category"]: row for row in live}
    assert rows.keys() == {"bug_fix", "documentation", "all"}
    assert rows["bug_fix"]["rate"] == {"n": 4, "successes": 4, "interval": None}
    docs = rows["documentation"]
    assert (docs["rate"]["successes"], docs["rate"]["n"], docs["again"]) == (1, 3, 1)
    assert rows["all"]["rate"]["n"] == 7
    assert 0 < rows["all"]["rate"]["interval"]["low"] < 5 / 7 < rows["all"]["rate"]["interval"]["high"] < 1
    assert rows["all"]["ran"]["p90_s"] is not None
    said = midwatch.ok("stats")
    assert "5 of 7, 71% (" in said
    assert "1 of 3" in said
