"""`simulate`, in its own process: the real answer, and a workspace that nobody touched."""

import hashlib
from datetime import UTC, datetime

import pytest

from console.cli.when.simulate import told
from engine.schedule.played import Overflow, Wait
from state.model import task as t
from state.model.when.schedule import Schedule
from tests.console.cli.conftest import Midwatch
from tests.engine.schedule.playing import local, played, settings_of
from tests.making import a_task

SETTINGS = """
[time]
zone = "America/Chicago"
[windows]
defaults = true
[schedules.nightly]
cron = "30 23 * * *"
run = "status --json"
"""
FROM = ("--from", "2026-03-02T22:00")


@pytest.fixture
def night(midwatch: Midwatch) -> Midwatch:
    """A workspace in Chicago with a night's work."""
    (midwatch.root / "midwatch.toml").write_text(SETTINGS)
    midwatch.add("short", "--time", "30m")
    midwatch.add("long", "--time", "5")
    midwatch.add("feature", "--category", "feature")
    return midwatch


def digest(midwatch: Midwatch) -> str:
    """What every file of the workspace holds, and its name."""
    files = sorted(path for path in midwatch.root.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files)).hexdigest()


def test_answers_in_json(night: Midwatch) -> None:
    """Starts, waits, windows and overflow stand under their names."""
    answer = night.json("simulate", "--days", "1", *FROM)
    starts = [(start["label"], start["at"], start["window"], start["context"]) for start in answer["starts"]]
    assert starts == [
        ("short", "2026-03-03T04:00:00Z", "quick_win", "available"),
        ("long", "2026-03-03T05:00:00Z", "overnight", "sleeping"),
    ]
    (wait,) = answer["waits"]
    assert (wait["label"], wait["whom"], wait["reason"]) == ("feature", "you", "adds a new feature")
    assert [span["window"] for span in answer["windows"]] == ["quick_win", "overnight", "", "work", "", "quick_win"]
    assert answer["overflow"] == []
    assert [(slot["name"], slot["at"]) for slot in answer["commands"]] == [("nightly", "2026-03-03T05:30:00Z")]


def test_touches_nothing(night: Midwatch) -> None:
    """No byte of the workspace is another after it, and the same question has the same answer."""
    before = digest(night)
    first = night.ok("simulate", "--json", "--failing", "0.5", *FROM)
    assert night.ok("simulate", "--json", "--failing", "0.5", *FROM) == first
    assert night.ok("simulate", "--json", "--failing", "0.5", "--seed", "1", *FROM) != first
    assert digest(night) == before


def test_a_yes_to_everything_is_only_played(night: Midwatch) -> None:
    """With --approve-all the feature starts in the simulation, and waits as ever outside of it."""
    labels = {start["label"] for start in night.json("simulate", "--approve-all", *FROM)["starts"]}
    assert labels == {"short", "long", "feature"}
    assert night.state("feature") == "awaiting_approval"


def test_speaks_with_a_running_engine(night: Midwatch) -> None:
    """A running engine is asked for its view, and goes on as it was."""
    night.ok("pause")
    with night.engine():
        answer = night.json("simulate", *FROM)
        assert answer["starts"] == []
        assert "the queue stays paused, so nothing starts" in answer["assumed"]


def test_tells_the_days(night: Midwatch) -> None:
    """For people: by day and hour of the operator's clock, what starts, until when, and who is waited for."""
    text = night.ok("simulate", "--days", "1", *FROM)
    assert text.startswith("Mon 02 Mar 2026 22:00 to Tue 03 Mar 22:00 (America/Chicago). Nothing is started")
    assert "  22:00         short: 0.5 h estimated, ends 22:18" in text
    assert "  23:00  --- overnight: sleeping, 2 at a time" in text
    assert "  23:30         schedule nightly: midwatch status --json" in text
    assert "WAITS FOR YOU\n  feature: adds a new feature" in text


@pytest.mark.parametrize("words", [("--from", "yesterday"), ("--days", "0"), ("--failing", "2")])
def test_refuses_what_it_does_not_understand(midwatch: Midwatch, words: tuple[str, str]) -> None:
    """A time, a count or a share that is none is refused with code 2."""
    code, _ = midwatch.fails("simulate", *words)
    assert code == 2


def test_words_for_every_ending() -> None:
    """Failures, retries, limits, diffs and overflow have words of their own."""
    tasks = [a_task("code", repo="/srv/a", hours=1.0), a_task("bad", hours=1.0)]
    schedules = {"beat": Schedule(name="beat", cron="*/30 * * * *", run="status", zone="America/Chicago")}
    result = played(tasks, local("2026-03-02 20:00"), settings=settings_of(schedules=schedules), failing=0.0)
    text = told(result, "America/Chicago")
    assert "then its diff waits for you" in text
    assert "schedule beat: midwatch status, and 7 times more until midnight" in text
    failed = told(played(tasks[1:], local("2026-03-02 20:00"), failing=1.0), "America/Chicago")
    assert "bad (try 2): 1 h estimated" in failed
    assert ", failed" in failed
    (over,) = played([a_task(f"t{n}", hours=5.0) for n in range(20)], local("2026-03-02 20:00")).overflow
    assert isinstance(over, Overflow)
    assert "MORE WORK THAN ROOM" in told(
        played([a_task(f"t{n}", hours=5.0) for n in range(20)], local("2026-03-02 20:00")), "UTC"
    )


def test_names_whom_each_task_waits_for() -> None:
    """Tasks that wait for the operator, for others and for time stand apart."""
    tasks = [
        a_task("ask", category=t.Category.NEW_FEATURE),
        a_task("after", depends=("ask",)),
        a_task("later", start_at=datetime(2026, 4, 1, tzinfo=UTC)),
    ]
    result = played(tasks, local("2026-03-02 20:00"))
    assert {wait.label: wait.whom for wait in result.waits if isinstance(wait, Wait)} == {
        "ask": "you",
        "after": "tasks",
        "later": "time",
    }
    text = told(result, "UTC")
    assert text.index("WAITS FOR YOU") < text.index("WAITS FOR OTHER TASKS") < text.index("STILL WAITS IN THE END")
