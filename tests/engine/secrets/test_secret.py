"""A value that does not show itself."""

import copy
import json
import pickle

import msgspec
import pytest

from engine.secrets.secret import Secret

VALUE = "tk-3f9a0c"


def test_it_is_shown_by_its_name_only() -> None:
    """In whatever way it is printed, its value is not there."""
    secret = Secret("key", VALUE)
    for text in (repr(secret), str(secret), f"{secret}", f"{secret!r:>40}".strip(), repr({"a": [secret]})):
        assert VALUE not in text and "[secret key]" in text
    assert secret.reveal() == VALUE


@pytest.mark.parametrize("write", [pickle.dumps, copy.deepcopy, json.dumps, msgspec.json.encode])
def test_it_cannot_be_written(write: object) -> None:
    """Whoever tries to keep it somewhere gets an error that names it."""
    with pytest.raises(TypeError) as refused:
        write(Secret("key", VALUE))  # type: ignore[operator]
    assert VALUE not in str(refused.value)
