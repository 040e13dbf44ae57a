"""Tests of the rule that there must be something to run."""

import pytest

from engine.policy import command
from state.model.verdict import Stance
from tests.making import a_spec


@pytest.mark.parametrize(
    ("fields", "stance"),
    [
        ({"command": "make"}, Stance.ALLOW),
        ({"command": "make", "verify": "make test"}, Stance.ALLOW),
        ({"command": ""}, Stance.HOLD),
        ({"command": " \n"}, Stance.HOLD),
        ({"command": "make\0"}, Stance.HOLD),
        ({"command": "make", "verify": "a\0b"}, Stance.HOLD),
    ],
)
def test_only_a_command_that_can_be_run_is_allowed(fields: dict[str, str], stance: Stance) -> None:
    """No command holds, and so does one that the kernel would refuse."""
    assert command.check(a_spec(**fields)).verdict is stance
