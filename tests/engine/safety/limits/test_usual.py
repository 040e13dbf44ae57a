"""What builds of a category usually use."""

from engine.safety.limits.usual import Usual, amount_of
from state.model import build as b
from state.model.brakes.usage import Amount
from state.model.task import Category
from tests.making import NOON, a_build, a_task


def done(build_id: str, ending: str = "done", **figures: int) -> b.Build:
    return a_build(build_id, b.Finished(ending=ending, text="", at=NOON), **figures)


def test_the_median_of_what_was_done_is_usual() -> None:
    """One wild build does not make all seem wild, and what failed or runs says nothing."""
    tasks = {"tidy": a_task(), "docs": a_task("docs", category=Category.DOCUMENTATION)}
    builds = [done(f"tidy-{number}", spent=spent, files_changed=2) for number, spent in enumerate((10, 20, 90_000))]
    builds += [done("tidy-8", "failed", spent=10**9), a_build("tidy-9", spent=10**9), done("docs-1", calls=7)]
    usual = Usual(tasks, [*builds, done("gone-1")])
    assert usual.medians == {Category.BUG_FIX: Amount(spent=20, files=2), Category.DOCUMENTATION: Amount(calls=7)}


def test_a_build_says_what_it_used() -> None:
    """As far as it is on record."""
    assert amount_of(a_build(calls=1, spent=2, files_changed=3)) == Amount(calls=1, spent=2, files=3)
