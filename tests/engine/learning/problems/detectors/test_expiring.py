"""The rule on what is good only until a moment."""

from datetime import datetime, timedelta

import msgspec
import pytest

from engine.learning.problems.detectors.expiring import look
from engine.learning.problems.facts import Expiry
from state.model import build as b
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.brakes.raised import Raised
from tests.engine.learning.problems.looks import a_look, seen
from tests.making import NOON, a_build, a_task

DAY = timedelta(days=1)


def expiry(at: datetime | None, trouble: str = "") -> Expiry:
    return Expiry(subject="/own.pem", name="the certificate /own.pem", at=at, remedy="renew it", trouble=trouble)


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (15 * DAY, []),
        (14 * DAY, [("expiring:/own.pem", "medium")]),
        (3 * DAY, [("expiring:/own.pem", "high")]),
        (timedelta(), [("expiring:/own.pem", "critical")]),
        (-9 * DAY, [("expiring:/own.pem", "critical")]),
    ],
)
def test_how_near_it_is(left: timedelta, expected: list[tuple[str, str]]) -> None:
    """Two weeks before, three days before, and once it is over."""
    assert seen(look(a_look(expiries=(expiry(NOON + left),)))) == expected


def test_it_says_when_and_what_to_do() -> None:
    """By the operator's clock."""
    [found] = look(a_look(expiries=(expiry(NOON + 2 * DAY),))) or ()
    assert found.text.startswith("the certificate /own.pem expires in 2 days, Fri ")
    assert found.text.endswith(": renew it")
    [found] = look(a_look(expiries=(expiry(None, "no such file"),))) or ()
    assert "cannot be told: no such file" in found.text


def test_a_build_that_stands_still_is_about_to_be_killed() -> None:
    """In the last quarter of its time."""
    hold = Hold(figure="files", used=11, limit=10, text="", since=NOON)
    held = a_build("tidy-1", b.Running(token="t", pid=1, start_ticks=1, boot="b"), hold=hold)
    patience = timedelta(seconds=held.limits.hold_s)
    builds = {held.id: held}
    assert look(a_look(now=NOON + patience * 0.7, builds=builds)) == ()
    [found] = look(a_look(now=NOON + patience * 0.9, builds=builds)) or ()
    assert (found.id, found.severity) == ("expiring:tidy-1", "high")
    assert "is killed in 1 h 12 min: `midwatch approve tidy`" in found.text
    going = {held.id: msgspec.structs.replace(held, hold=None)}
    assert look(a_look(now=NOON + patience * 2, builds=going)) == ()


def test_an_approval_is_due_before_the_start() -> None:
    """A day before a task that asks for a time would start, and when that has passed."""
    task = a_task("tidy", t.AwaitingApproval(findings=()), start_at=NOON + 2 * DAY)
    tasks = {"tidy": task}
    assert look(a_look(tasks=tasks)) == ()
    [found] = look(a_look(now=NOON + DAY, tasks=tasks)) or ()
    assert (found.id, found.severity) == ("expiring:approval:tidy", "medium")
    [found] = look(a_look(now=NOON + 3 * DAY, tasks=tasks)) or ()
    assert found.text.startswith("tidy was to start already and waits for your approval")
    assert look(a_look(now=NOON + DAY, tasks={"tidy": a_task("tidy", start_at=NOON + 2 * DAY)})) == ()


def test_a_raised_limit_ends_tonight() -> None:
    """Told in the hours before, of tasks that are not done."""
    row = Raised(label="tidy", figure="files", limit=40.0, until=NOON + timedelta(hours=12), by="operator:ada")
    tasks = {"tidy": a_task("tidy")}
    assert look(a_look(raised={row.key: row}, tasks=tasks)) == ()
    late = NOON + timedelta(hours=7)
    [found] = look(a_look(now=late, raised={row.key: row}, tasks=tasks)) or ()
    assert (found.id, found.severity) == ("expiring:raised:tidy/files", "low")
    assert "the raised limit of tidy, files 40, ends" in found.text
    done = a_task("tidy", t.Done(build="tidy-1", note="", at=NOON))
    assert look(a_look(now=late, raised={row.key: row}, tasks={"tidy": done})) == ()
    assert look(a_look(now=NOON + timedelta(hours=13), raised={row.key: row}, tasks=tasks)) == ()
