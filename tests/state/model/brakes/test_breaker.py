"""Tests the breaker's noun."""

import pytest

from state.model.brakes.breaker import COMMAND, Breaker, Closed, HalfOpen, Open, breaker_key
from tests.making import NOON


@pytest.mark.parametrize(
    ("repo", "key"),
    [("/srv/code", "command:/srv/code"), ("/srv/code/", "command:/srv/code"), ("", "command:-")],
)
def test_one_repository_has_one_key(repo: str, key: str) -> None:
    """A repository has the same key however its path is written, and builds without one share theirs."""
    assert breaker_key(COMMAND, repo) == key
    assert Breaker(runner=COMMAND, repo=repo).key == key


def test_a_state_says_its_name() -> None:
    """The name of the state is what operators and programs are told."""
    states = (Closed(), Open(since=NOON, until=NOON), HalfOpen(since=NOON, build="tidy-1"))
    assert [Breaker(runner=COMMAND, repo="", state=state).state_name for state in states] == [
        "closed",
        "open",
        "half_open",
    ]
