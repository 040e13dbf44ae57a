"""Tests of console.cli.reports.overnight."""

import re
from datetime import UTC, datetime, timedelta

import pytest


def a_night(midwatch, opens_in_h: float, lasts_h: float):
    """Settings with a night that opens so many hours from now."""
    opens = datetime.now(UTC) + timedelta(hours=opens_in_h)
    closes = opens + timedelta(hours=lasts_h)
    text = f'[time]\nzone = "UTC"\n[windows.overnight]\nfrom = "{opens:%H:%M}"\nto = "{closes:%H:%M}"\n'
    (midwatch.root / "midwatch.toml").write_text(text)
    return closes.date()


@pytest.mark.parametrize(("opens_in_h", "code"), [(-2, 0), (2, 1), (-6, 1)])
def test_the_exit_code_says_whether_it_is_night(midwatch, opens_in_h, code):
    """0 within the window and 1 outside of it, in words and in JSON."""
    a_night(midwatch, opens_in_h, 4)
    done = midwatch.run("overnight", "is-overnight")
    assert done.returncode == code
    assert ("it is night until" if code == 0 else "it is day; the next night opens") in done.stdout
    done = midwatch.run("overnight", "is-overnight", "--json")
    assert done.returncode == code
    assert ('"overnight": true' if code == 0 else '"overnight": false') in done.stdout


def test_a_day_without_any_night_ahead_says_so(midwatch):
    """Holidays without end are no reason to fail."""
    days = [datetime.now(UTC).date() + timedelta(days=number) for number in range(-10, 20)]
    off = "".join(f'{day} = "off"\n' for day in days)
    (midwatch.root / "midwatch.toml").write_text(f'[time]\nzone = "UTC"\n[holidays]\n{off}')
    done = midwatch.run("overnight", "is-overnight")
    assert (done.returncode, done.stdout) == (1, "it is day, and no night opens within two weeks\n")


def test_a_night_is_begun_once(midwatch):
    """The memory has one entry with the plan, however often the night is begun; the operator's words stay."""
    a_night(midwatch, -1, 4)
    midwatch.add("tidy")
    midwatch.add("page", "--category", "feature")
    memory = midwatch.root / "memory"
    memory.mkdir()
    page = memory / f"{datetime.now(UTC):%Y-%m-%d}.md"
    page.write_text("My own words.")
    said = midwatch.ok("overnight", "start")
    assert "the night has begun" in said
    again = midwatch.json("overnight", "start")
    assert again["begun"] is False
    assert "begun before" in midwatch.ok("overnight", "start")
    text = page.read_text()
    assert text.startswith("My own words.\n\n## [")
    assert len(re.findall(r"^## \[\d\d:\d\d\] Autonomous: Overnight Session Started$", text, re.MULTILINE)) == 1
    assert "- tidy: " in text
    assert "- page waits for you: " in text
    assert "no engine runs" in text


def test_a_night_that_is_begun_in_the_evening_says_when_it_opens(midwatch):
    """Who goes to bed early is told from when on; nothing in the queue is told, too."""
    opens = datetime.now(UTC) + timedelta(hours=1)
    a_night(midwatch, 1, 4)
    answer = midwatch.json("overnight", "start")
    assert answer["begun"] is True
    assert (
        f"opens {'' if opens.date() == datetime.now(UTC).date() else f'{opens:%a} '}{opens:%H:%M}"
        in answer["details"][0]
    )
    assert answer["details"][-1] == "Nothing waits in the queue."


def test_a_quiet_night_is_told_as_one(midwatch):
    """Report and brief say that nothing was built and why, and are kept under the date of the morning."""
    morning = a_night(midwatch, -1, 4)
    for verb, name in (("report", "overnight"), ("brief", "brief")):
        said = midwatch.ok("overnight", verb)
        assert "nothing was built" in said
        assert "no engine runs" in said
        assert (midwatch.root / "build-reports" / f"{morning}-{name}.md").read_text() == said
        answer = midwatch.json("overnight", verb)
        assert answer["quiet"] is True
        assert answer["morning"] == str(morning)
        assert answer["report"]["counts"]["started"] == 0


def test_a_real_night_is_told_with_what_it_brought(midwatch, repo):
    """With the engine at work: a merge with its size, a failure, a review with what to type, a pause by hand."""
    a_night(midwatch, -1, 4)
    with (midwatch.root / "midwatch.toml").open("a") as file:
        file.write("[retry]\ntimes = 0\n")
    at_once = ("--priority", "high", "--repo", str(repo))
    midwatch.add("grow", *at_once, "--command", "echo '# more' >> sum.py", "--verify", "true")
    midwatch.add("break", *at_once, "--command", "exit 3")
    midwatch.add("unproven", *at_once, "--command", "echo '# new' > other.py")
    with midwatch.engine():
        midwatch.reaches("grow", "done")
        midwatch.reaches("break", "failed")
        midwatch.reaches("unproven", "awaiting_review")
        midwatch.ok("pause", "--why", "enough for tonight")
        answer = midwatch.json("overnight", "report")
        brief = midwatch.ok("overnight", "brief")
    report = answer["report"]
    assert [(row["label"], row["merged"], row["size"]) for row in report["shipped"]] == [
        ("grow", True, {"added": 1, "removed": 0})
    ]
    assert [(row["label"], row["ending"], row["state"]) for row in report["failed"]] == [("break", "failed", "failed")]
    assert {row["label"]: row["verbs"][-2] for row in report["waits"]} == {
        "unproven": "midwatch approve unproven",
        "break": "midwatch retry break",
    }
    assert [(row["action"], row["text"]) for row in report["stops"]] == [("paused", "enough for tonight")]
    assert (report["counts"]["started"], report["counts"]["over"], report["counts"]["merged"]) == (3, 2, 1)
    assert "1 shipped, 1 failed, 2 wait for you." in brief
    assert "`midwatch approve unproven`" in brief
    assert "## Also" in brief
