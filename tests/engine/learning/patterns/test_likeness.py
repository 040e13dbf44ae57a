"""Tests of what makes two tasks alike."""

import pytest

from engine.learning.patterns.likeness import ANSWERS, Likeness, bare, of_task, stem
from state.model.task import Category
from tests.making import a_spec


@pytest.mark.parametrize(
    ("title", "plain", "stemmed"),
    [
        ("Update dependencies 2026-11-02", "update dependencies", "Update dependencies"),
        ("Weekly report #47", "weekly report", "Weekly report"),
        ("Release v1.2.3", "release", "Release"),
        ("Report of Nov 3rd, 2026", "report of", "Report of"),
        ("Check build 3f9a2bc1", "check build", "Check build"),
        ("Mend the parser", "mend the parser", "Mend the parser"),
        ("2026-11-02", "", "2026-11-02"),
        ("Backup (2026-11-02)", "backup", "Backup"),
        ("May the tests pass", "may the tests pass", "May the tests pass"),
        ("Wöchentlicher Bericht 12", "wöchentlicher bericht", "Wöchentlicher Bericht"),
    ],
)
def test_dates_and_numbers_do_not_matter(title: str, plain: str, stemmed: str) -> None:
    """Two titles that differ in these only are of one kind, and what is queued anew bears none of them."""
    assert bare(title) == plain
    assert stem(title) == stemmed
    assert bare(stem(title)) == plain


def test_the_same_words_elsewhere_are_another_kind() -> None:
    """Category and repository count; the label only where the title says nothing."""
    one = of_task(a_spec("a-1", title="Tidy up", repo="/srv/a"))
    assert one == of_task(a_spec("b-2", title="tidy up!", repo="/srv/a"))
    assert one != of_task(a_spec("a-1", title="Tidy up", repo="/srv/b"))
    assert one != of_task(a_spec("a-1", title="Tidy up", repo="/srv/a", category=Category.DOCUMENTATION))
    assert of_task(a_spec("sweep-7", title="2026-11-02")) == of_task(a_spec("sweep-8", title="2026-11-03"))


def test_it_is_said_in_words() -> None:
    """A likeness can be read by somebody who knows none of this."""
    spec = a_spec(title="Tidy up 3", repo="/srv/shop/", source="TASK_QUEUE.md")
    assert of_task(spec).said() == "a task like “tidy up” in shop"
    assert Likeness(kind="category", category="bug_fix", repo="/srv/shop").said() == "a bug_fix task in shop"
    assert Likeness(kind="source", source="TASK_QUEUE.md").said() == "tasks from TASK_QUEUE.md"
    assert ANSWERS.said() == "answers to questions"
