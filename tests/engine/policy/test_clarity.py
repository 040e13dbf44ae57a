"""Tests of the rule that a task must say what is wanted."""

import pytest

from engine.policy import clarity
from state.model.verdict import Stance
from tests.making import a_spec


@pytest.mark.parametrize(
    "description",
    ["Cache the answers", "Give the page a title!", "价格缓存五分钟", "แคชราคา", "fix: e-mail parser"],
)
def test_a_description_of_three_words_is_clear(description: str) -> None:
    """Three words that say something are enough, in any script."""
    assert clarity.check(a_spec(description=description)).verdict is Stance.ALLOW


@pytest.mark.parametrize(
    ("description", "text"),
    [
        ("", "no description"),
        (" \n\t--- ", "no description"),
        ("Cache answers", "the description has fewer than 3 words"),
        ("make it work", "the description does not say what is wanted"),
        ("Please make everything better, and faster!", "the description does not say what is wanted"),
        ("To be decided.", "the description does not say what is wanted"),
    ],
)
def test_a_vague_description_holds(description: str, text: str) -> None:
    """Too few words, or words that say nothing, hold."""
    finding = clarity.check(a_spec(description=description))
    assert (finding.verdict, finding.text) == (Stance.HOLD, text)


@pytest.mark.parametrize(
    "criteria",
    [("tests pass",), ("works", "the list opens in 50 ms"), ("ruff reports no error",), ("价格正确",)],
)
def test_one_criterion_that_can_be_checked_is_clear(criteria: tuple[str, ...]) -> None:
    """A criterion that names something to look at is enough."""
    assert clarity.check(a_spec(criteria=criteria)).verdict is Stance.ALLOW


@pytest.mark.parametrize(
    ("criteria", "text"),
    [
        ((), "no completion criteria"),
        (("works",), 'no criterion says what done is ("works" can be said of anything)'),
        (("It works.", "done!", "is better"), 'no criterion says what done is ("It works." can be said of anything)'),
        (("everything works as expected",), "no criterion says what done is"),
        (("good " * 30,), "…"),
        (("the list opens in 50 ms", "TBD"), 'the criterion "TBD" is still to be written'),
        (("???",), 'the criterion "???" is still to be written'),
        (("",), "is still to be written"),
    ],
)
def test_criteria_that_say_nothing_hold(criteria: tuple[str, ...], text: str) -> None:
    """No criterion, only empty promises, or one that is still to be written, hold."""
    finding = clarity.check(a_spec(criteria=criteria))
    assert finding.verdict is Stance.HOLD
    assert text in finding.text


def test_all_that_is_missing_is_told_at_once() -> None:
    """Description and criteria are both named, so that one edit mends both."""
    assert clarity.check(a_spec(description="", criteria=())).text == "no description; no completion criteria"
