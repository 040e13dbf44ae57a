"""The rule on circuit breakers."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from engine.policy.facts import Active
from engine.policy.moment import breaker
from state.model.brakes.breaker import COMMAND, Breaker, Closed, HalfOpen, Open
from state.model.verdict import Stance
from tests.making import NOON, a_spec

REPO = "/srv/code"
LATER = NOON + timedelta(minutes=15)


def active(build: str, repo: str = REPO) -> Active:
    return Active(label="other", build=build, repo=repo, paths=())


@pytest.mark.parametrize(
    ("state", "at_work", "stance", "words"),
    [
        (None, (), Stance.ALLOW, "the breaker of command:/srv/code is closed"),
        (Closed(), (), Stance.ALLOW, "the breaker of command:/srv/code is closed"),
        (Open(since=NOON, until=LATER), (), Stance.WAIT, "one build tries again from 12:15 on"),
        (Open(since=NOON, until=NOON), (), Stance.ALLOW, "tries whether command:/srv/code is mended"),
        (Open(since=NOON, until=NOON), (active("old-1"),), Stance.ALLOW, "tries whether"),
        (Open(since=NOON, until=NOON), (active("", "/srv/other"),), Stance.ALLOW, "tries whether"),
        (Open(since=NOON, until=NOON), (active(""),), Stance.WAIT, "one build tries again now"),
        (HalfOpen(since=NOON, build="old-1"), (), Stance.WAIT, "old-1 tries again now"),
    ],
)
def test_it_waits_while_the_breaker_is_open(state: Any, at_work: Any, stance: Stance, words: str) -> None:
    """Closed lets all through, open nobody, and when its time has come exactly one of those decided on together."""
    known = (
        {}
        if state is None
        else {"command:/srv/code": Breaker(runner=COMMAND, repo=REPO, state=state, text="five failed")}
    )
    finding = breaker.check(a_spec(repo=REPO), known, at_work, NOON, UTC)
    assert (finding.verdict, words in finding.text) == (stance, True), finding.text
    assert breaker.lets(a_spec(repo=REPO), known, at_work, NOON) == (stance is Stance.ALLOW)
    if stance is Stance.WAIT:
        assert "five failed" in finding.text and "`midwatch breaker reset command:/srv/code`" in finding.text


def test_another_repository_is_another_breaker() -> None:
    """What is broken in one stops nothing in another."""
    known = {"command:/srv/code": Breaker(runner=COMMAND, repo=REPO, state=Open(since=NOON, until=LATER))}
    for repo in ("/srv/other", ""):
        assert breaker.check(a_spec(repo=repo), known, (), NOON, UTC).verdict is Stance.ALLOW
        assert breaker.lets(a_spec(repo=repo), known, (), NOON)
