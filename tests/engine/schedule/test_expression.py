"""Reading cron expressions: what is refused, in which column, and what to write instead."""

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.schedule.expression import LONGEST, CronError, read
from state.model.when.schedule import Seconds

LONG = "* * * * " + ",".join(["1"] * 200)


@pytest.mark.parametrize(
    ("expression", "column", "words"),
    [
        ("61 * * * *", 1, "minutes go from 0 to 59, and this says 61"),
        ("0 24 * * *", 3, "hours go from 0 to 23"),
        ("0 0 0 * *", 5, "days of the month go from 1 to 31"),
        ("0 0 1 13 *", 7, "months go from 1 to 12"),
        ("0 0 * * 8", 9, "weekdays go from 0 to 7"),
        ("0  0 * * 1,2,9", 14, "weekdays go from 0 to 7"),
        ("99 * * * * *", 1, "seconds go from 0 to 59"),
        ("0 22-2 * * *", 3, "22-2 runs backwards: write 22-23,0-2"),
        ("0 0 * * sat-sun", 9, "write 6-7, where 7 is Sunday"),
        ("0 0 * * fri-mon", 9, "write 5-6,0-1"),
        ("0 0 * * mon-mon", 9, "write mon for that alone, or [*] for all"),
        ("0 5-5/2 * * *", 3, "begins where it ends"),
        ("*/0 * * * *", 3, "a step of 0 goes nowhere"),
        ("*/90 * * * *", 3, "a step of 90 leaves this field"),
        ("*/x * * * *", 3, "'x' is not a step"),
        ("1/ * * * *", 3, "the step is missing"),
        ("1,,2 * * * *", 3, "nothing stands between the commas"),
        ("1- * * * *", 3, "a value is missing"),
        ("-1 * * * *", 1, "a value is missing"),
        ("1.5 * * * *", 1, "'1.5' does not belong to minutes"),
        ("٣ * * * *", 1, "does not belong to minutes"),
        ("* * * * monday", 9, "write mon"),
        ("* * * foo *", 7, "write 1 to 12 or jan to dec"),
        ("0 0 ? * *", 5, "write [*]"),
        ("R * * * *", 1, "use the setting jitter"),
        ("H(0-9) * * * *", 1, "use the setting jitter"),
        ("0 0 LW * *", 5, "does not belong to days of the month"),
        ("0 0 32W * *", 5, "days of the month go from 1 to 31"),
        ("0 0 1,15W * *", 7, "W cannot stand in a list"),
        ("0 0 15W * 1", 11, "a weekday cannot stand beside a day with W"),
        ("0 0 * * L", 9, "does not belong to weekdays"),
        ("0 0 * * 5#6", 11, "is not a week of a month"),
        ("0 0 * * mon-fri#2", 9, "does not belong to weekdays"),
        ("0 0 * * 1#2,3", 9, "plain weekdays cannot stand beside"),
        ("0 0 1 * 1#2", 5, "a day of the month cannot stand beside"),
        ("0 0 * * 7/2", 9, "write 0 for Sunday"),
        ("* * * *", 7, "4 fields, and there are five or six"),
        ("* * * * * * 2027", 13, "7 fields"),
        ("", 1, "0 fields"),
        ("CRON_TZ=UTC 0 0 * * *", 1, "the zone is a setting of its own"),
        ("@reboot", 1, "there is no @reboot: there are @hourly, @daily"),
        (" @every 5m", 2, "write a step"),
        ("0 12 * * 1 30", 12, 'the seconds come first here; where they stand last, say seconds = "last"'),
        (LONG, LONGEST + 1, "longer than 256 characters"),
    ],
)
def test_what_is_refused_and_where(expression: str, column: int, words: str) -> None:
    """A mistake is told with its column and, where there is one, the way to write it."""
    with pytest.raises(CronError, match=words) as refused:
        read(expression, Seconds.FIRST)
    assert refused.value.column == column
    assert f"column {column}:" in str(refused.value)
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0 0 * * 0", "0 0 * * SUN"),
        ("0 0 * * 0,7", "0 0 * * 0"),
        ("0 0 * * 5-7", "0 0 * * 0,5,6"),
        ("59/15 * * * *", "59 * * * *"),
        ("5/15 * * * *", "5,20,35,50 * * * *"),
        ("1-10/3 * * * *", "1,4,7,10 * * * *"),
        ("01 02 03 04 *", "1 2 3 4 *"),
        ("0 0 * jan,MAR-may *", "0 0 * 1,3,4,5 *"),
        ("0 0 * * 6/1", "0 0 * * 6"),
        ("\t0 0  *\t* 1 ", "0 0 * * 1"),
    ],
)
def test_two_ways_to_write_the_same(one: str, other: str) -> None:
    """Names, lists, ranges, steps and spaces come down to the same values."""
    crons = [read(text, Seconds.FIRST)[0] for text in (one, other)]
    for name in ("seconds", "minutes", "hours", "days", "months", "weekdays"):
        assert getattr(crons[0], name) == getattr(crons[1], name), name


@pytest.mark.parametrize(
    ("expression", "follows", "both"),
    [
        ("0 0 1 * 1", False, False),
        ("* 0 1 * 1", True, False),
        ("0 */2 1 * 1", True, False),
        ("0-59 0-23 1 * 1", False, False),
        ("0 0 * * 1", False, True),
        ("0 0 */2 * 1", False, True),
        ("0 0 1 * */2", False, True),
        ("*/5 0 0 1 * 1", True, False),
        ("0 0 0 1 * 1", False, False),
    ],
)
def test_a_star_at_the_beginning_is_what_counts(expression: str, follows: bool, both: bool) -> None:
    """A field is a wildcard when it begins with a star, as for Debian's cron, whatever values it stands for."""
    cron, _ = read(expression, Seconds.FIRST)
    assert (cron.follows_clock, cron.both) == (follows, both)


@given(st.text(alphabet="0123456789*/-,#LW?RH@ abcsunmor\t\n.٣", max_size=300))
@example("0 " * 200)
@example("0-59," * 60)
@example("ſ * * * *")
@example("İ" * 20)
def test_anything_is_read_or_refused_in_words(text: str) -> None:
    """No text whatever ends in anything but an expression or a refusal that names a column in it."""
    found: tuple[object, int] | CronError
    try:
        found = read(text, Seconds.FIRST)
    except CronError as error:
        found = error
    column = found.column if isinstance(found, CronError) else found[1]
    assert 1 <= column <= LONGEST + 2


def test_the_longest_expression_takes_no_time() -> None:
    """What the parser takes minutes for is cut short by the bound on the length."""
    before = time.process_time()
    read(("0-58," * 49 + "1 0 * * *"), Seconds.FIRST)
    with pytest.raises(CronError):
        read("0-59," * 20_000 + "1 * * * *", Seconds.FIRST)
    assert time.process_time() - before < 1.0
