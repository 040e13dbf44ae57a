"""Tests of what is foretold."""

from datetime import timedelta

from engine.learning.patterns.learn import learn
from engine.learning.patterns.predict import predict
from tests.engine.learning.histories import CHICAGO, DAY, TO, a_view, done, habits, wall


def foretold(tasks, hours: float = 24, now=TO):
    found = learn(a_view(tasks, now), CHICAGO)
    expected = predict(found.routines, now, now + timedelta(hours=hours), CHICAGO)
    return [(one.like.title, f"{one.at.astimezone(CHICAGO):%a %H}") for one in expected], expected


def test_the_day_and_the_week_ahead() -> None:
    """On a Friday at four in the morning: both routines today, and the one of weekdays in the week after."""
    today, expected = foretold(habits())
    assert today == [("update dependencies", "Fri 09"), ("weekly report", "Fri 16")]
    assert expected[0].confidence > 0.8
    assert "came on 44 of 44 occasions after the first (90 % sure: " in expected[0].why
    assert expected[0].earliest < expected[0].at < expected[0].latest
    week, _ = foretold(habits(), hours=24 * 7)
    assert [day for title, day in week if title == "update dependencies"] == [
        "Fri 09", "Mon 09", "Tue 09", "Wed 09", "Thu 09",
    ]  # fmt: skip


def test_what_has_come_is_not_expected_again() -> None:
    """Once it was asked for, somewhat early, the next is that of the day after."""
    now = wall(TO, 9)
    tasks = habits() | {"deps-x": done("deps-x", wall(TO, 8.97), title="Update dependencies")}
    assert ("update dependencies", "Fri 09") not in foretold(tasks, 12, now)[0]
    assert ("update dependencies", "Fri 09") in foretold(habits(), 12, now)[0]


def test_what_follows_is_expected_once_the_first_has_come() -> None:
    """An announcement after a release that was just made, and none without."""
    tasks = {}
    for number in range(10):
        at = TO - DAY * (9 * number + 1) - timedelta(minutes=37 * number)
        tasks[f"release-{number}"] = done(f"release-{number}", at, title=f"Release {number}")
        tasks[f"announce-{number}"] = done(f"announce-{number}", at + timedelta(minutes=90), title="Announce it")
    assert foretold(tasks)[0] == []
    tasks["release-x"] = done("release-x", TO - timedelta(minutes=10), title="Release 99")
    ((title, _),), (expected,) = foretold(tasks)
    assert title == "announce it"
    assert expected.at == TO + timedelta(minutes=80)
    assert "a task like “announce it” comes after a task like “release”, some 1 h 30 min later" in expected.why
