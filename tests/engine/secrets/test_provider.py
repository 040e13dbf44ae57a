"""A value is fetched from where it is kept, or an error in words comes of it."""

import pytest

from engine.secrets.provider import MOST_BYTES, fetch, missing
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider
from tests.engine.secrets.sources import a_source

HERE = a_source(Provider.ENVIRONMENT, "MIDWATCH_TEST_KEY")


def test_what_is_kept_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    """The value, under the name by which tasks ask for it."""
    monkeypatch.setenv("MIDWATCH_TEST_KEY", "v 1\n2")
    secret = fetch(HERE)
    assert (secret.name, secret.reveal()) == ("key", "v 1\n2")


@pytest.mark.parametrize(("value", "words"), [("", "is empty"), ("x" * (MOST_BYTES + 1), "no text of at most 64 KB")])
def test_a_value_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str, words: str) -> None:
    """Neither nothing nor a whole file is handed over as a key, and the error does not repeat it."""
    monkeypatch.setenv("MIDWATCH_TEST_KEY", value)
    with pytest.raises(SecretUnavailable, match=words) as refused:
        fetch(HERE)
    assert len(str(refused.value)) < 200


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    """The operator is told what to install."""
    assert "pip install 'midwatch[aws]'" in str(missing(HERE, "boto3", "aws"))
