"""Tests of console.cli.reports.weekend."""

from datetime import datetime, timedelta

import pytest


def test_long_tasks_get_their_places(midwatch):
    """Only tasks of four hours and more; what needs an approval says so, what is too long has no place."""
    midwatch.add("short", "--time", "1")
    midwatch.add("giant", "--time", "60")
    midwatch.add("page", "--time", "4", "--category", "feature")
    answer = midwatch.json("weekend", "suggest")
    starts_at, ends_at = (datetime.fromisoformat(answer["span"][name]) for name in ("starts_at", "ends_at"))
    room = ends_at - starts_at
    fits = {fit["label"]: fit for fit in answer["fits"]}
    assert set(fits) == ({"page"} if room >= timedelta(hours=4) else set())
    assert "giant" in [left["label"] for left in answer["left"]]
    said = midwatch.ok("weekend", "suggest")
    assert "giant: has no place; is estimated at 60 h" in said
    if fits:
        assert fits["page"]["approved"] is False
        assert "`midwatch approve page`" in said


def test_a_suggestion_is_kept_for_who_reads_it_later(midwatch):
    """A schedule makes it while nobody looks, so it stands in `build-reports` under the Saturday."""
    said = midwatch.ok("weekend", "suggest")
    assert "no task in the queue is estimated at 4 h or more" in said
    (kept,) = (midwatch.root / "build-reports").iterdir()
    assert kept.name.endswith("-weekend-plan.md")
    assert datetime.fromisoformat(kept.name[:10]).strftime("%a") == "Sat"
    assert "no task in the queue" in kept.read_text()


def test_a_weekend_is_begun_once_whenever_that_is(midwatch):
    """The entry is in the memory; a second start on the same weekend writes nothing."""
    first = midwatch.json("weekend", "start")
    assert first["begun"] is True
    (page,) = (midwatch.root / "memory").iterdir()
    text = page.read_text()
    assert "Autonomous: Weekend Session Started" in text
    second = midwatch.json("weekend", "start")
    assert second["begun"] is False
    assert second["at"] == first["at"]
    assert "begun before" in midwatch.ok("weekend", "start")
    assert page.read_text() == text


@pytest.mark.parametrize("verb", ["progress", "summary"])
def test_the_last_weekend_is_told(midwatch, verb):
    """With nothing done it says so, and the summary is kept under its Saturday."""
    midwatch.add("long", "--time", "6")
    said = midwatch.ok("weekend", verb)
    answer = midwatch.json("weekend", verb)
    if verb == "progress":
        assert "0 long tasks done\nin the queue: long" in said
        assert answer["waits"] == ["long"]
    else:
        assert "nothing was built" in said
        kept = midwatch.root / "build-reports" / f"{answer['saturday']}-weekend.md"
        assert kept.read_text() == said
        assert datetime.fromisoformat(answer["saturday"]).strftime("%a") == "Sat"
