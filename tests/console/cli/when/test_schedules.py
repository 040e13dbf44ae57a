"""`midwatch schedules`: the times of an expression, what runs when and why not, orders to run and to rest."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from tests.console.cli.conftest import ROOT, Midwatch
from tests.front.midwatch import until

SETTINGS = """
[time]
zone = "America/Chicago"
[schedules.nightly]
cron = "0 23 * * *"
run = "status --json"
[schedules.often]
cron = "* * * * * *"
run = "queue"
zone = "UTC"
[schedules.off]
cron = "@daily"
run = "queue"
enabled = false
"""


@pytest.fixture
def planned(midwatch: Midwatch) -> Midwatch:
    """A workspace with schedules."""
    midwatch.workspace.settings.write_text(SETTINGS)
    return midwatch


def test_next_gives_times_with_offsets(midwatch: Midwatch) -> None:
    """The night on which the clock goes forward, as a program reads it."""
    words = ("schedules", "next", "30 2 * * *", "--zone", "America/Chicago", "--count", "3")
    expected = ["2026-03-07T02:30:00-06:00", "2026-03-08T03:00:00-05:00", "2026-03-09T02:30:00-05:00"]
    assert midwatch.json(*words, "--from", "2026-03-07T00:00:00-06:00") == expected
    assert midwatch.json(*words, "--from", "2026-03-07T00:00") == expected
    assert midwatch.json(*words, "--from", "2026-03-07T06:00:00Z") == expected


def test_next_needs_no_workspace(tmp_path: Path, midwatch: Midwatch) -> None:
    """Anywhere, and without a zone in the machine's own; in a workspace in the workspace's."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    midwatch.env["TZ"] = "Asia/Kathmandu"
    words = ("schedules", "next", "@daily", "--from", "2026-01-01T00:00Z", "--count", "1")
    done = midwatch.run(*words, cwd=elsewhere)
    assert (done.returncode, done.stdout) == (0, "Fri 2026-01-02 00:00:00 +05:45\n")
    midwatch.workspace.settings.write_text(SETTINGS)
    assert midwatch.ok(*words) == "Thu 2026-01-01 00:00:00 -06:00 CST\n"


def test_next_reads_seconds_where_it_is_told(midwatch: Midwatch) -> None:
    """First unless it is said otherwise."""
    words = ("schedules", "next", "0 0 12 * * *", "--zone", "UTC", "--from", "2026-01-01T00:00Z", "--count", "1")
    assert midwatch.json(*words) == ["2026-01-01T12:00:00+00:00"]
    assert midwatch.json(*words, "--seconds", "last") == ["2026-01-12T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("61 * * * *",), "column 1: minutes go from 0 to 59"),
        (("0 0 31 2 *",), "column 5: no such day ever comes"),
        (("* * * * *", "--zone", "Chicago"), "did you mean America/Chicago?"),
        (("* * * * *", "--from", "tomorrow"), "'tomorrow' is not a time"),
        (("* * * * *", "--count", "0"), "--count"),
    ],
)
def test_next_refuses_in_words_with_exit_code_2(midwatch: Midwatch, words: tuple[str, ...], told: str) -> None:
    """What cannot be understood names the place and what to write."""
    code, complaint = midwatch.fails("schedules", "next", *words)
    assert code == 2
    assert told in complaint


def test_the_list_tells_the_next_five_times(planned: Midwatch) -> None:
    """Each schedule in its own zone, without an engine too; one that is switched off has none."""
    rows = {row["name"]: row for row in planned.json("schedules")}
    assert list(rows) == ["nightly", "often", "off"]
    times = [datetime.fromisoformat(text) for text in rows["nightly"]["next"]]
    assert len(times) == 5
    assert all((at.hour, at.minute) == (23, 0) and at.utcoffset() is not None for at in times)
    assert rows["nightly"]["zone"] == "America/Chicago"
    assert rows["nightly"]["last"] is None
    assert rows["off"]["next"] == [] and not rows["off"]["enabled"]
    table = planned.ok("schedules")
    assert "nightly" in table and "never ran" in table and "off" in table


def test_an_empty_list_says_how_it_is_done(midwatch: Midwatch) -> None:
    """A workspace without schedules points to the settings."""
    assert midwatch.json("schedules") == []
    assert "[schedules.NAME]" in midwatch.ok("schedules")


def test_an_expression_that_cannot_be_read_is_told_in_the_list(midwatch: Midwatch) -> None:
    """The list does not fail over it; an engine refuses to start with the line."""
    midwatch.workspace.settings.write_text('[schedules.odd]\ncron = "0 25 * * *"\nrun = "queue"\n')
    assert "column 3: hours go from 0 to 23" in midwatch.json("schedules")[0]["trouble"]
    code, complaint = midwatch.fails("engine", "--until-idle")
    assert code == 1
    assert "midwatch.toml:2: schedules.odd.cron" in complaint


def test_orders_are_kept_without_an_engine(planned: Midwatch) -> None:
    """Pause and resume go on record; why tells what stands against a run."""
    assert "paused" in planned.ok("schedules", "pause", "nightly", "--why", "too loud")
    story = planned.ok("schedules", "why", "nightly")
    assert "it is paused: `midwatch schedules resume nightly`" in story
    assert "no engine runs" in story
    code, complaint = planned.fails("schedules", "pause", "nightly")
    assert code == 1 and "paused already" in complaint
    planned.ok("schedules", "resume", "nightly")
    assert not planned.json("schedules", "why", "nightly")["paused"]
    code, complaint = planned.fails("schedules", "why", "nigthly")
    assert code == 1 and "did you mean nightly?" in complaint
    told = [entry["action"] for entry in planned.json("audit", "list")]
    assert told == ["schedule_paused", "schedule_resumed"]


def test_a_schedule_runs_a_command_of_midwatchs_in_a_real_engine(planned: Midwatch) -> None:
    """The engine runs it by itself every second and out of turn when asked, and its outcome is there to see."""
    with planned.engine():
        planned.ok("schedules", "run", "nightly")

        def ran(name: str) -> bool:
            row = planned.json("schedules", "why", name)
            return row["last"] is not None and row["last"]["outcome"] == "done" and row["last"]["exit_code"] == 0

        until(lambda: ran("nightly") and ran("often"), "both to have run")
        often = planned.json("schedules", "why", "often")
        last = often["last"]
        assert datetime.fromisoformat(last["started_at"]) >= datetime.fromisoformat(last["slot"])
        by_hand = planned.json("schedules", "why", "nightly")["last"]
        assert by_hand["slot"] is None and by_hand["by"].startswith("operator:")
        planned.ok("kill", "--all")
        assert "the kill switch is engaged" in planned.ok("schedules", "why", "often")


def test_asking_for_times_starts_quickly() -> None:
    """The verb imports neither the engine's loop nor TinyDB to read an expression."""
    script = (
        "import sys; from console.cli.main import run; run(['schedules', 'next', '@daily', '--zone', 'UTC']);"
        "print(sorted({'asyncio', 'tinydb', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done
