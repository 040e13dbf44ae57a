"""Secrets in the engine's environment."""

import pytest

from engine.secrets.environment import fetch
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider
from tests.engine.secrets.sources import a_source


def test_a_variable_is_read_and_a_missing_one_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not set is an error that says where to set it."""
    monkeypatch.setenv("MIDWATCH_TEST_KEY", "v")
    assert fetch(a_source(Provider.ENVIRONMENT, "MIDWATCH_TEST_KEY")) == "v"
    monkeypatch.delenv("MIDWATCH_TEST_KEY")
    with pytest.raises(SecretUnavailable, match="has no MIDWATCH_TEST_KEY: set it"):
        fetch(a_source(Provider.ENVIRONMENT, "MIDWATCH_TEST_KEY"))
