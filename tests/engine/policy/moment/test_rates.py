"""The rule on what all builds use together."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.policy.facts import Active
from engine.policy.moment import rates
from state.model.brakes.usage import Amount, Usage
from state.model.money import MICRO
from state.model.task import Category
from state.model.verdict import Stance
from tests.making import NOON, a_spec

AT_ONE = NOON + timedelta(hours=1)


def money(used: float, scope: str = "", limit: float = 10, figure: str = "usd_per_h", **more: Any) -> Usage:
    """Dollars of the last hour, all of them free again at 13:00."""
    micro = round(used * MICRO)
    fields: dict[str, Any] = {"window_s": 3600.0, "frees": ((AT_ONE, micro),), **more}
    return Usage(figure=figure, used=micro, limit=round(limit * MICRO), scope=scope, **fields)


def counted(figure: str, used: int, limit: int, window_s: float = 3600.0) -> Usage:
    return Usage(figure=figure, used=used, limit=limit, window_s=window_s, frees=((AT_ONE, used),))


def told(
    usage: Any, budget: int | None = None, active: Any = (), usual: Any = None, now: datetime = NOON
) -> tuple[Stance, str]:
    spec = a_spec(budget=budget)
    finding = rates.check(spec, usage, active, usual or {}, now, UTC)
    assert rates.fits(spec, usage, active, usual or {}, now) == (finding.verdict is Stance.ALLOW)
    return finding.verdict, finding.text


@pytest.mark.parametrize(
    ("usage", "budget", "stance"),
    [
        ((), 99, Stance.ALLOW),
        ((money(9.2),), None, Stance.ALLOW),
        ((money(10),), None, Stance.WAIT),
        ((money(9.2),), 800_000, Stance.ALLOW),
        ((money(9.2),), 800_001, Stance.WAIT),
        ((money(0),), 50 * MICRO, Stance.ALLOW),
        ((money(0.01),), 50 * MICRO, Stance.WAIT),
        ((money(99, limit=0),), 50 * MICRO, Stance.ALLOW),
        ((money(10, "task:other"),), None, Stance.ALLOW),
        ((money(10, "task:tidy"),), None, Stance.WAIT),
        ((money(10, "category:bug_fix"),), None, Stance.WAIT),
        ((money(10, "category:new_feature"),), None, Stance.ALLOW),
        ((counted("files_per_h", 49, 50),), None, Stance.ALLOW),
        ((counted("files_per_h", 50, 50),), None, Stance.WAIT),
        ((counted("calls_per_min", 100, 100, 60.0),), None, Stance.WAIT),
    ],
)
def test_it_waits_where_the_rest_does_not_cover_the_task(usage: Any, budget: int | None, stance: Stance) -> None:
    """A used-up limit stops all, a rest those who may need more; what needs more than all of it waits for all of it."""
    assert told(usage, budget)[0] is stance


def test_it_says_how_much_is_used_and_when_it_is_free() -> None:
    """The operator reads why, in dollars and by his clock."""
    _, text = told((money(9.2),), 2 * MICRO)
    assert text == ("money an hour $9.20 of $10.00 are used, and it may need $2.00; free again at 13:00")
    _, text = told((money(10, "task:tidy"),))
    assert text.startswith("money an hour of task tidy $10.00 of $10.00 are used")


def test_a_task_without_a_budget_is_taken_to_need_what_is_usual() -> None:
    """The median of its category, of money and of files; nothing where nothing is known."""
    usual = {Category.BUG_FIX: Amount(spent=MICRO, files=8, calls=500)}
    assert told((money(9.2),), None, (), usual)[0] is Stance.WAIT
    assert told((money(9.2),), 0, (), usual)[0] is Stance.ALLOW
    assert told((counted("files_per_h", 43, 50),), None, (), usual)[0] is Stance.WAIT
    assert told((counted("calls_per_min", 50, 100, 60.0),), None, (), usual)[0] is Stance.ALLOW


def test_what_builds_under_way_may_still_use_is_not_given_away() -> None:
    """Two tasks whose budgets fit one by one do not start together; only the end of the first makes room."""
    busy = Active(label="other", build="other-1", repo="", paths=(), rest=Amount(spent=9 * MICRO))
    stance, text = told((money(0),), 2 * MICRO, (busy,))
    assert stance is Stance.WAIT
    assert "$9.00 more are reserved" in text and text.endswith("waits for what is being built")
    assert told((money(0),), None, (busy,))[0] is Stance.ALLOW
    of_another = (money(0, "category:bug_fix"),)
    assert told(of_another, 2 * MICRO, (busy,))[0] is Stance.ALLOW


def test_it_is_known_when_time_alone_makes_room() -> None:
    """The latest of the moments where several are tight; none where it is not a matter of time."""
    steps = money(10, frees=((NOON + timedelta(minutes=5), 4 * MICRO), (AT_ONE, 6 * MICRO)))
    files = counted("files_per_h", 50, 50)
    busy = Active(label="other", build="other-1", repo="", paths=(), rest=Amount(spent=9 * MICRO))

    def free(usage: Any, budget: int | None, active: Any = ()) -> datetime | None:
        return rates.free_at(a_spec(budget=budget), usage, active, {}, NOON)

    assert free((steps,), None) == free((steps,), 4 * MICRO) == NOON + timedelta(minutes=5)
    assert free((steps,), 5 * MICRO) == AT_ONE
    assert free((steps, files), None) == AT_ONE
    assert free((money(1),), None) is None
    assert free((money(1), files), 5 * MICRO, (busy,)) is None


def test_time_goes_on_without_the_meter() -> None:
    """In a play of the days to come, what was used now counts no more an hour later."""
    assert told((money(10),), None, now=AT_ONE - timedelta(seconds=1))[0] is Stance.WAIT
    assert told((money(10),), None, now=AT_ONE)[0] is Stance.ALLOW


def test_tasks_that_are_alike_have_the_same_answer() -> None:
    """Budget, category and a limit of its own are all that a task's answer depends on."""
    usage = (money(3), money(1, "task:own"))
    plain = rates.alike(a_spec("a"), usage)
    assert rates.alike(a_spec("b"), usage) == plain
    for other in (a_spec("own"), a_spec(budget=1), a_spec(category=Category.PERFORMANCE)):
        assert rates.alike(other, usage) != plain


def test_the_night_is_a_limit_of_its_own() -> None:
    """It is free again when the night is over."""
    night = money(50, limit=50, figure="usd_per_night", window_s=0.0)
    stance, text = told((night,))
    assert stance is Stance.WAIT
    assert text == "money a night $50.00 of $50.00 are used; free again at 13:00"
