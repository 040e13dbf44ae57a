"""Tests of the figures of each group."""

from engine.learning.improving.runs import gather
from engine.learning.improving.tally import tally
from state.model.escalation import EscalationKind
from tests.engine.learning.improving.past import NO, YES, Past
from tests.making import NOON


def test_every_group_has_its_figures() -> None:
    """Counted as they are, with an interval and a ratio from five on only."""
    past = Past()
    for number in range(5):
        past.ran(f"t{number}", hours=3, estimate=2.0)
    past.ran("t5", "failed", executed=YES, verified=NO)
    past.ran("t5", "done", attempt=2, allowed={"files": 20.0}, estimate=None)
    past.asked(EscalationKind.LIMIT_REACHED, "t5", "t5-2")
    past.asked(EscalationKind.UNCLEAR, "t5")
    category, runner = tally(gather(past.view, NOON))
    assert (category.by, category.name, runner.by, runner.name) == ("category", "documentation", "runner", "true")
    assert (category.builds, category.done, category.failed) == (7, 6, 1)
    assert (category.unverified, category.again, category.held, category.asked) == (1, 1, 1, 1)
    assert category.estimate == 1.5
    assert category.low is not None and category.high is not None
    assert 0 < category.low < 6 / 7 < category.high < 1


def test_of_few_only_the_counts_are_told() -> None:
    """Neither an interval nor a ratio of one build."""
    past = Past()
    past.ran("a", estimate=2.0)
    one = tally(gather(past.view, NOON))[0]
    assert (one.builds, one.low, one.high, one.estimate) == (1, None, None, None)
