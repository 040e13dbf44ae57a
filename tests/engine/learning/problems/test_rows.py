"""What one look changes in what is known."""

from datetime import timedelta

from engine.learning.problems import rows
from state.model.learning.problem import Fixed, Kind, Problem, Severity, Sighting
from tests.making import NOON

DISK = Sighting(kind=Kind.DISK, subject="/ws", severity=Severity.HIGH, text="nearly full")
LATER = NOON + timedelta(hours=6)


def known(*found: Problem) -> dict[str, Problem]:
    return {problem.id: problem for problem in found}


def test_one_row_with_a_counter() -> None:
    """The same problem again is the same row, with its latest words."""
    [first] = rows.note({}, [DISK], list(Kind), NOON)
    assert (first.id, first.first_at, first.count, first.open) == ("disk:/ws", NOON, 1, True)
    worse = Sighting(kind=Kind.DISK, subject="/ws", severity=Severity.CRITICAL, text="full")
    [again] = rows.note(known(first), [worse], list(Kind), LATER)
    assert (again.first_at, again.last_at, again.count, again.seen) == (NOON, LATER, 2, worse)


def test_what_is_not_seen_any_more_is_gone() -> None:
    """It closes by itself, with a word, once; and counts anew when it comes back."""
    [first] = rows.note({}, [DISK], list(Kind), NOON)
    [gone] = rows.note(known(first), [], list(Kind), LATER)
    assert (gone.open, gone.gone, gone.gone_at) == (False, rows.GONE, LATER)
    assert rows.note(known(gone), [], list(Kind), LATER) == ()
    [back] = rows.note(known(gone), [DISK], list(Kind), LATER)
    assert (back.open, back.gone, back.count, back.first_at) == (True, "", 1, LATER)


def test_what_was_not_looked_at_stays() -> None:
    """A look that could not judge the disks says nothing about them."""
    [first] = rows.note({}, [DISK], list(Kind), NOON)
    assert rows.note(known(first), [], [Kind.MEMORY], LATER) == ()


def test_a_fix_is_told_once_the_problem_is_gone() -> None:
    """Tried and then not there any more: it was fixed; a try without success is no fix."""
    [first] = rows.note({}, [DISK], list(Kind), NOON)
    done = rows.tried(first, Fixed(id=first.id, ok=True, text="made room"), LATER)
    assert (done.fixes, done.tried_at) == (1, LATER)
    [gone] = rows.note(known(done), [], list(Kind), LATER + timedelta(minutes=1))
    assert gone.gone == "it was fixed"
    assert rows.tried(first, Fixed(id=first.id, ok=False, text="no room"), LATER).fixes == 0
