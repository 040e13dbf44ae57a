"""What a build was granted is fetched as a whole, and known before it is handed out."""

import pytest

from engine.secrets.leases import take
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider
from tests.engine.secrets.sources import a_source

SOURCES = {
    "one": a_source(Provider.ENVIRONMENT, "MIDWATCH_TEST_ONE", name="one"),
    "two": a_source(Provider.ENVIRONMENT, "MIDWATCH_TEST_TWO", name="two"),
}


def test_all_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be had keeps the others back; what is handed out was made known first."""
    monkeypatch.setenv("MIDWATCH_TEST_ONE", "1")
    known: dict[str, str] = {}
    with pytest.raises(SecretUnavailable):
        take(("one", "two"), SOURCES, known.update)
    monkeypatch.setenv("MIDWATCH_TEST_TWO", "2")
    taken = take(("one", "two"), SOURCES, known.update)
    assert [(source.name, secret.reveal()) for source, secret in taken] == [("one", "1"), ("two", "2")]
    assert known == {"one": "1", "two": "2"}


def test_one_that_the_settings_do_not_name_is_refused() -> None:
    """The settings may have changed since the task was approved."""
    with pytest.raises(SecretUnavailable, match=r"no \[secrets.three\]"):
        take(("three",), SOURCES, lambda _: None)
