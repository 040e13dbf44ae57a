"""HEARTBEAT.md, as people write it."""

from datetime import UTC, timedelta

from engine.signals.checks import Page, due, read
from engine.signals.frequency import Frequency
from state.model.signals.heartbeat import Done, Heartbeat
from tests.making import NOON

FILE = """\
# Heartbeat

What to look at, and how often.

## Build Queue Check (2x daily)

- run: midwatch queue --all
- Look at `midwatch status` as well.
- [ ] Is anything stuck that nobody looks at?

## Disk ( every 30 min ) ##
`midwatch health`

<!--
## Old Check (daily)
- never mind
-->
```
## no heading (daily)
```
# Notes
## Mail (at 07:00)
Answer what came overnight.
"""


def test_headings_say_how_often_and_lines_what() -> None:
    """Commands are obeyed, other lines are for people, what is commented out or code is neither."""
    page = read(FILE)
    assert page.troubles == ()
    queue, disk, mail = page.checks
    assert (queue.name, queue.line, queue.often) == ("Build Queue Check", 5, "2x daily")
    assert queue.commands == (("queue", "--all"), ("status",))
    assert queue.words == ("Is anything stuck that nobody looks at?",)
    assert (disk.name, disk.frequency, disk.commands) == ("Disk", Frequency(every_s=1800), (("health",),))
    assert (mail.name, mail.line, mail.words) == ("Mail", 22, ("Answer what came overnight.",))


def test_what_cannot_be_understood_is_told_by_its_line() -> None:
    """The other checks count all the same."""
    page = read(
        "## Queue\n- run: midwatch queue\n"
        "## Disk (often)\n- run: midwatch health\n"
        "## Mail (daily)\n- [ ]\n"
        "## Kill (daily)\n- run: midwatch kill --all\n- `midwatch queue 'x`\n"
        "## Good (daily)\n- run: midwatch queue\n"
        "## Good (hourly)\n- run: midwatch queue\n"
    )
    assert [(check.name, check.commands) for check in page.checks] == [("Kill", ()), ("Good", (("queue",),))]
    told = [str(trouble) for trouble in page.troubles]
    assert [text.split(": ")[0] for text in told] == [f"HEARTBEAT.md:{line}" for line in (1, 3, 5, 8, 9, 12)]
    assert "says not how often" in told[0] and "is no frequency" in told[1] and "says not what" in told[2]
    assert "`midwatch kill --all` is not run from here" in told[3]
    assert "No closing quotation" in told[4] and "stands on line 10 already" in told[5]


def test_a_file_of_many_checks_is_cut() -> None:
    """Nobody reads so many."""
    page = read("\n".join(f"## Check {number} (daily)\nlook" for number in range(60)))
    assert len(page.checks) == 50 and len(page.troubles) == 10


def test_an_empty_file_asks_for_nothing() -> None:
    """Neither does one with only words."""
    assert read("") == Page() == read("# Heartbeat\nnothing yet\n")


def test_each_slot_is_due_once_and_a_late_one_at_once() -> None:
    """However many were missed, one is made up; what was never done is due."""
    page = read("## Queue (hourly)\n- run: midwatch queue\n")
    [first] = due(page, Heartbeat(), NOON + timedelta(minutes=7), UTC)
    assert first.slot == NOON
    done = Heartbeat(checks=(Done(name="Queue", slot=NOON, at=NOON),))
    assert not list(due(page, done, NOON + timedelta(minutes=59), UTC))
    [later] = due(page, done, NOON + timedelta(hours=9, minutes=1), UTC)
    assert later.slot == NOON + timedelta(hours=9)
