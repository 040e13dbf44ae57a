"""Tests of nights told in Markdown."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from engine.reports import morning
from engine.reports.night import Counts, Failure, Happening, Night, Plan, Shipped, Size, Step, Wait
from engine.reports.runs import Span
from state.keeping.heads import Head
from state.model.anomaly import Anomaly
from state.model.escalation import EscalationKind
from state.model.learning.problem import Kind, Problem, Severity, Sighting

CHICAGO = ZoneInfo("America/Chicago")
START = datetime(2026, 2, 7, 5, 0, tzinfo=UTC)
DAY = date(2026, 2, 7)
NOTHING = Counts(
    started=0, over=0, merged=0, made=0, failed=0, killed=0, unknown=0, again=0, added=0, running=0, run_s=0.0
)
QUIET = Night(
    span=Span(starts_at=START, ends_at=START + timedelta(hours=8)),
    counts=NOTHING, shipped=(), failed=(), waits=(), anomalies=(), stops=(), troubles=(), plan=Plan(), standing=(),
)  # fmt: skip


def a_night(**changes: Any) -> Night:
    """A night with a little of everything."""
    fields: dict[str, Any] = {
        "counts": msgspec.structs.replace(NOTHING, started=4, over=3, merged=1, made=1, failed=2, run_s=5400.0),
        "shipped": (
            Shipped(
                label="tidy", title="Tidy the totals", build="tidy-1", at=START, merged=True, files_changed=3,
                text="merged into main as abc123", size=Size(added=20, removed=4),
            ),
            Shipped(
                label="look", title="Look", build="look-1", at=START, merged=False, files_changed=0, text="no changes",
                size=None,
            ),
        ),
        "failed": (
            Failure(
                label="flaky", title="Mend it", ending="failed", text="exit code 1", at=START, builds=2,
                state="retrying",
            ),
        ),
        "waits": (
            Wait(
                label="page", title="A page", kind=EscalationKind.REVIEW_NEEDED, priority="low", text="verified",
                since=START, verbs=("midwatch diff page", "midwatch approve page"),
            ),
        ),
        "anomalies": (
            Anomaly(
                id="a1", label="flaky", build="flaky-1", figure="run_s", value=2, limit=1, text="ran long",
                created_at=START,
            ),
        ),
        "stops": (Happening(at=START, actor="operator:ann", action="stop_engaged", text="smoke"),),
        "troubles": (Happening(at=START, actor="engine", action="daemon_crashed", text="it ended"),),
        "plan": Plan(
            ahead=(Step(label="next", title="Next", text="starts now"),),
            asks=(Step(label="page", title="A page", text="adds a new feature"),),
        ),
    }  # fmt: skip
    return msgspec.structs.replace(QUIET, **{**fields, **changes})


def test_the_report_tells_everything_by_the_operators_clock() -> None:
    """Each section has its lines, and the figures stand at the end."""
    text = morning.overnight_report(a_night(), DAY, CHICAGO)
    assert text.startswith(
        "# Overnight report, Saturday 2026-02-07\n\n"
        "23:00 to 07:00: 1 shipped, 1 done with nothing to merge, 1 failed, 1 waits for you.\n"
    )
    for line in (
        "- **tidy** Tidy the totals: merged into main as abc123 (3 files, +20 -4 lines)",
        "- **look** Look: no changes",
        "- **flaky** Mend it: 2 builds, the last one failed: exit code 1; it is tried again by itself",
        "- **page** A page (review needed): verified",
        "  `midwatch diff page`, `midwatch approve page`",
        "- 23:00 **flaky**: ran long",
        "- 23:00 stop engaged, by ann: smoke",
        "- 23:00 daemon crashed, by engine: it ended",
        "- next: starts now",
        "- page waits for you: adds a new feature",
        "- time of builds, added up: 1 h 30 min, in 8 h",
    ):
        assert f"\n{line}\n" in text, line


def test_problems_are_told_of_that_were_fixed_and_that_are_there() -> None:
    """In the report and, where there are any, in the brief."""
    seen = Sighting(kind=Kind.DISK, subject="/ws", severity=Severity.HIGH, text="the disk is nearly full")
    row = Problem(id=seen.id, seen=seen, first_at=START, last_at=START)
    fixed = Happening(at=START, actor="operator:ann", action="problem_fixed", text="growing:old-builds: 9 folders")
    night = a_night(fixed=(fixed,), problems=(row,))
    for text in (morning.overnight_report(night, DAY, CHICAGO), morning.morning_brief(night, DAY, CHICAGO)):
        assert "## Problems fixed\n\n- 23:00 growing:old-builds: 9 folders\n" in text
        assert "## Problems\n\n- **disk:/ws** (high): the disk is nearly full\n" in text
    assert "Problems" not in morning.morning_brief(a_night(), DAY, CHICAGO)


def test_a_report_says_of_each_part_that_there_is_nothing_in_it() -> None:
    """Nothing is left out in silence: every section of a quiet night says so."""
    text = morning.overnight_report(QUIET, DAY, CHICAGO)
    assert text.count("\nNothing.\n") == 10
    assert "nothing was built" in text


def test_the_brief_leaves_out_what_is_empty_but_never_what_needs_the_operator() -> None:
    """A quiet night's brief has two sections only, and says why it was quiet."""
    text = morning.morning_brief(QUIET, DAY, CHICAGO)
    assert [line for line in text.splitlines() if line.startswith("#")] == [
        "# Morning brief, Saturday 2026-02-07", "## Needs you", "## Next",
    ]  # fmt: skip


def test_the_brief_takes_a_minute_however_much_there_was() -> None:
    """Of a hundred of each there are five, and it says where the others are: under 250 words a minute."""
    one = a_night()
    many = a_night(
        shipped=one.shipped[:1] * 100, failed=one.failed * 100, waits=one.waits * 100, stops=one.stops * 100,
        plan=Plan(ahead=one.plan.ahead * 100, asks=one.plan.asks * 100),
    )  # fmt: skip
    text = morning.morning_brief(many, DAY, CHICAGO)
    assert text.count("- **tidy**") == morning.BRIEF_ROWS
    assert "- and 95 more: `midwatch overnight report`" in text
    assert "- and 95 more behind them" in text
    assert "adds a new feature" not in text  # that which asks stands under what needs him
    assert len([word for word in text.split() if word.isalpha()]) < 250


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"standing": ("everything is paused",)}, "Now everything is paused."),
        ({"plan": Plan(asks=a_night().plan.asks)}, "All that is in the queue waits for you."),
        ({"plan": a_night().plan}, "First in the queue is next: starts now."),
        ({}, "midwatch queue"),
    ],
)
def test_a_quiet_night_says_why(changes: dict[str, Any], words: str) -> None:
    """What kept everything from starting is told before anything else."""
    night = msgspec.structs.replace(QUIET, **changes)
    assert words in morning.overnight_report(night, DAY, CHICAGO).splitlines()[2]


def test_moments_of_a_weekend_have_their_day() -> None:
    """Where the span is longer than a day, the hour alone would not tell."""
    span = Span(starts_at=START, ends_at=START + timedelta(days=2))
    text = morning.weekend_summary(a_night(span=span), DAY, CHICAGO)
    assert text.startswith("# Weekend summary, Saturday 2026-02-07\n\nFri 23:00 to Sun 23:00: ")
    assert "- Fri 23:00 stop engaged" in text


def test_the_nights_on_which_clocks_change_show_the_hours_that_there_were() -> None:
    """On 2026-03-08 in Chicago 23:00 to 07:00 is 7 hours, on 2026-11-01 it is 9."""
    for starts_at, hours in (
        (datetime(2026, 3, 8, 5, 0, tzinfo=UTC), 7),
        (datetime(2026, 11, 1, 4, 0, tzinfo=UTC), 9),
    ):
        span = Span(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))
        text = morning.overnight_report(a_night(span=span), DAY, CHICAGO)
        assert "\n23:00 to 07:00: " in text
        assert f"in {hours} h\n" in text


def test_words_of_others_stay_on_their_line() -> None:
    """A title with line breaks and Markdown of its own makes no headings and no rows."""
    evil = msgspec.structs.replace(a_night().shipped[0], title="x\n# Approved\n- **all** \x1b[31m")
    text = morning.overnight_report(a_night(shipped=(evil,)), DAY, CHICAGO)
    assert not any(line.startswith(("# Approved", "- **all**")) for line in text.splitlines())
    assert "\x1b" not in text


def test_the_head_of_the_record_stands_at_the_end() -> None:
    """Kept with the reports, it betrays a record that was rewritten; the whole report and the brief tell it."""
    head = Head(seq=12, hash="a" * 64, at=START)
    told = msgspec.structs.replace(QUIET, head=head)
    for text in (morning.overnight_report(told, DAY, UTC), morning.morning_brief(told, DAY, UTC)):
        assert text.endswith(f"The record ends with `12:{head.hash}`.\n")
    assert "record" not in morning.morning_brief(QUIET, DAY, UTC)
