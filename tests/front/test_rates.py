"""Limits on all builds together, breakers and incidents, as an operator meets them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.front.midwatch import Space, until

Open = Callable[[str], Space]

BREAKER = "[retry]\ntimes = 0\n[limits.breaker]\nfailures = 2\nunchanged = 2\nwait = '{wait}'\n"
KEY = "command:-"


def limits(space: Space) -> dict[str, float]:
    """What is used of each limit, by its figure and scope."""
    return {f"{one['figure']}{one['scope']}": one["used"] for one in space.json("status")["limits"]}


def breaker(space: Space, key: str = KEY) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in space.json("breaker", "list") if one["key"] == key)
    return found


def fail(space: Space, *labels: str) -> None:
    """Have tasks fail one after the other."""
    for label in labels:
        space.add(label, "echo no space left; exit 3")
        space.wait(label, "failed")


def test_a_build_that_goes_over_the_hour_is_held_and_let_go(open_space: Open) -> None:
    """The operator sees which figure, says yes, and it ends well; one that stays within is never asked about."""
    space = open_space("[limits.rates]\nfiles_per_h = 4\n")
    with space.engine():
        space.add("calm", "touch a b")
        space.wait("calm", "done")
        assert limits(space)["files_per_h"] == 2
        space.add("wild", "sleep 0.4; touch a b c; while ! test -s a; do sleep 0.05; done")
        (row,) = until(lambda: space.escalations("wild"), "the question")
        assert row["kind"] == "limit_reached"
        assert "file changes an hour 5 of 4, all builds together" in row["text"]
        status = space.json("status")
        assert status["active"][0]["held"]["figure"] == "files_per_h"
        assert "file changes an hour 5 of 4" in space.ok("status")
        assert "as much again" in space.ok("approve", "wild")
        (space.paths.build("wild-1").work / "a").write_text("go")
        space.wait("wild", "done")
        assert space.escalations("wild") == []


def test_a_start_waits_for_the_rest_of_the_hour(open_space: Open) -> None:
    """`why` says what is used and when it is free again; with more allowed it starts at once."""
    space = open_space("[limits.rates]\nusd_per_h = 10.0\n")
    with space.engine():
        space.add("first", "echo '::usage calls=3 usd=9.20'")
        space.wait("first", "done")
        space.add("second", "true", "--budget", "2")
        text = "money an hour $9.20 of $10.00 are used, and it may need $2.00; free again at "
        assert text in space.ok("why", "second")
        assert space.state("second") == "queued"
        settings = space.root / "midwatch.toml"
        settings.write_text(settings.read_text().replace("usd_per_h = 10.0", "usd_per_h = 12.0"))
        space.wait("second", "done")
    assert text.partition(" are")[0].replace("10.00", "12.00") in space.ok("status")


def test_failures_open_a_breaker_and_one_success_closes_it(open_space: Open) -> None:
    """One question that closes by itself, and what waited starts by itself once one that tried has succeeded."""
    space = open_space(BREAKER.format(wait="2s"))
    with space.engine():
        fail(space, "a", "b")
        space.add("x", "true")
        space.wait("x", "done")
        assert breaker(space)["state"] == "closed"
        view = space.view()
        assert view is not None
        (row,) = [row for row in view.escalations.values() if row.label == f"breaker:{KEY}"]
        assert "2 builds in a row failed, the last one: exit code 3: no space left" in row.text
        assert (row.open, row.count, row.answer) == (False, 1, "closed: x-1 succeeded")
    actions = [found["action"] for found in space.decisions()]
    told = [action for action in actions if action.startswith("breaker_")]
    assert told == ["breaker_opened", "breaker_tried", "breaker_closed"]


def test_the_operator_may_close_a_breaker(open_space: Open, repo: Path) -> None:
    """Builds that succeed and change nothing open that of their repository; a reset lets the next one start."""
    space = open_space(BREAKER.format(wait="1h"))
    key = f"command:{repo}"
    with space.engine():
        for label in ("a", "b"):
            space.add(label, "true", "--repo", str(repo))
            space.wait(label, "done")
        assert breaker(space, key)["text"] == "2 builds in a row succeeded and changed nothing"
        assert key in space.ok("breaker", "list")
        space.add("x", "echo '# more' >> ledger.py", "--repo", str(repo))
        space.add("elsewhere", "true")
        space.wait("elsewhere", "done")
        assert space.state("x") == "queued"
        assert "did you mean" in space.fails(1, "breaker", "reset", key[:-1])
        assert "builds may start" in space.ok("breaker", "reset", key, "--why", "it is meant to")
        space.wait("x", "done", "awaiting_review")
        assert breaker(space, key)["state"] == "closed"


def test_a_crash_resets_neither_the_hour_nor_a_breaker(open_space: Open) -> None:
    """After kill -9 the next engine, and the command line without one, know what was used and what is open."""
    space = open_space(BREAKER.format(wait="1h") + "[limits.rates]\nfiles_per_h = 9\n")
    with space.engine() as engine:
        space.add("used", "touch a b c; echo '::usage calls=3 usd=0.50'")
        space.wait("used", "done")
        fail(space, "a", "b")
        before, opened = limits(space), breaker(space)
        assert (before["files_per_h"], before["usd_per_h"], opened["state"]) == (3, 0.5, "open")
        engine.kill()
    assert (limits(space) | {"calls_per_min": 0}, breaker(space)) == (before | {"calls_per_min": 0}, opened)
    with space.engine():
        assert (limits(space) | {"calls_per_min": 0}, breaker(space)) == (before | {"calls_per_min": 0}, opened)
        space.add("x", "true")
        assert "the breaker of command:- is open" in space.ok("why", "x")
        assert space.state("x") == "queued"


def test_forty_failures_are_one_question(open_space: Open) -> None:
    """The same failure is told once, with how often; another error and another task are rows of their own."""
    space = open_space("[retry]\ntimes = 39\nwait = 0\n[limits.breaker]\nfailures = 0\n")
    space.add("flaky", 'echo "cannot reach port $$"; exit 7')
    space.work()
    (row,) = space.escalations("flaky")
    assert (row["count"], row["signature"]) == (40, "exit code 7: cannot reach port #")
    assert row["text"].startswith("failed 40 times; the last time: exit code 7: cannot reach port ")


def test_tasks_that_fail_alike_are_one_incident(open_space: Open) -> None:
    """Each names the others; one that fails in another way is none of them."""
    space = open_space("[retry]\ntimes = 0\n[limits.breaker]\nfailures = 0\n")
    space.add_many(
        {label: f'echo "cannot reach port {port}"; exit 7' for label, port in (("a", 1), ("b", 2), ("c", 3))}
    )
    space.add("d", "echo quite another error; exit 7")
    space.work()
    told = {row["label"]: row["text"].partition("; also: ")[2] for row in space.json("status")["escalations"]}
    assert told.pop("d") == ""
    assert {name for names in told.values() for name in names.split(", ") if name} == {"a", "b", "c"}
