"""Tests of console.cli.reports.report."""

from datetime import datetime


def test_the_end_of_a_day_is_told_and_kept(midwatch):
    """What was completed, what failed and what is in the queue, in words, in JSON and on the day's page."""
    midwatch.add("tidy", "--command", "true")
    midwatch.add("page", "--category", "feature")
    midwatch.ok("engine", "--until-idle", "--quiet")
    told = midwatch.json("report", "nightly")
    assert [row["label"] for row in told["report"]["shipped"]] == ["tidy"]
    assert told["active"] == []
    page = midwatch.root / "build-reports" / f"{told['day']}.md"
    assert told["file"] == str(page) and datetime.fromisoformat(told["day"])
    text = page.read_text()
    assert text.startswith("# Build report, ")
    for heading in ("## Completed", "## Active", "## Waits for you", "## Queue", "## Summary"):
        assert heading in text
    assert "- **tidy** " in text
    assert "page waits for you: " in text
    assert midwatch.ok("report", "nightly").startswith("# Build report, ")


def test_an_empty_day_is_told_as_one(midwatch):
    """Nothing completed and nothing active is said, not left out."""
    text = midwatch.ok("report", "nightly")
    assert "## Completed\n\n- nothing\n" in text
    assert "## Active\n\n- nothing\n" in text
