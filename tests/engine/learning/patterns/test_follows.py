"""Tests of finding what follows on what."""

import random
from datetime import datetime, timedelta

from engine.learning.patterns.follows import find
from engine.learning.patterns.history import Happening
from engine.learning.patterns.likeness import Likeness
from tests.engine.learning.histories import DAY, TO

RELEASE, ANNOUNCE, OTHER = (Likeness(kind="task", title=name) for name in ("release", "announce", "other"))


def told(*moments: datetime) -> list[Happening]:
    return [Happening(at, at.replace(tzinfo=None), "") for at in sorted(moments)]


def releases(dice: random.Random, count: int = 10) -> list[datetime]:
    return [TO - timedelta(days=100 - 9 * number, minutes=dice.uniform(0, 400)) for number in range(count)]


def test_what_follows_is_found_with_its_lag() -> None:
    """An announcement one to two hours after each release."""
    dice = random.Random(1)
    first = releases(dice)
    then = [at + timedelta(minutes=dice.uniform(60, 120)) for at in first]
    (found,) = find({RELEASE: told(*first), ANNOUNCE: told(*then)}, TO)
    assert (found.first, found.then) == (RELEASE, ANNOUNCE)
    assert 3600 <= found.lag_s <= found.latest_s <= 7200
    assert (found.sure.hits, found.sure.n, found.open) == (10, 10, ())
    assert found.sure.confidence > 0.8


def test_what_may_still_come_is_open_and_no_miss() -> None:
    """Right after a release its announcement is awaited."""
    dice = random.Random(2)
    first = releases(dice)
    then = [at + timedelta(minutes=90) for at in first]
    latest = TO - timedelta(minutes=20)
    (found,) = find({RELEASE: told(*first, latest), ANNOUNCE: told(*then)}, TO)
    assert found.open == (latest,)
    assert found.sure.n == 10
    (later,) = find({RELEASE: told(*first, latest), ANNOUNCE: told(*then)}, TO + DAY)
    assert later.open == ()
    assert (later.sure.hits, later.sure.n) == (10, 11)


def test_two_that_are_asked_for_together_do_not_follow() -> None:
    """Of what comes in the same minute none can be foretold by the other."""
    first = releases(random.Random(3))
    assert find({RELEASE: told(*first), ANNOUNCE: told(*(at + timedelta(seconds=5) for at in first))}, TO) == []


def test_what_comes_by_itself_follows_nothing() -> None:
    """That which is known to come by the clock is not credited to what came before it."""
    first = releases(random.Random(4))
    then = [at + timedelta(minutes=90) for at in first]
    assert find({RELEASE: told(*first), ANNOUNCE: told(*then)}, TO, {ANNOUNCE}) == []


def test_one_of_many_follows_on_the_nearest() -> None:
    """Where two come before it each time, it follows on the surer, or else the nearer one."""
    first = releases(random.Random(5))
    other = [at + timedelta(minutes=30) for at in first]
    then = [at + timedelta(minutes=60) for at in first]
    found = find({RELEASE: told(*first), OTHER: told(*other), ANNOUNCE: told(*then)}, TO)
    assert {(one.first, one.then) for one in found} == {(RELEASE, OTHER), (OTHER, ANNOUNCE)}


def test_out_of_dice_nothing_follows() -> None:
    """Kinds that come at random show no succession, however many there are."""
    shown = 0
    for seed in range(60):
        dice = random.Random(seed)
        kinds = {
            Likeness(kind="task", title=f"kind {number}"): told(
                *(TO - timedelta(days=dice.uniform(0, 100)) for _ in range(dice.randint(4, 30)))
            )
            for number in range(8)
        }
        shown += len(find(kinds, TO))
    assert shown <= 2
