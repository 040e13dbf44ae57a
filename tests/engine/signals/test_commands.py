"""Which command lines a check may run."""

import pytest

from engine.signals.commands import ALLOWED, against

CHANGING = ("approve", "arm", "captain-override", "deny", "heartbeat", "kill", "mode", "resume", "spawn", "undo")


@pytest.mark.parametrize(
    "line",
    [
        "queue",
        "status --json",
        "snapshot create --routine",
        "audit verify",
        "why tidy",
        "schedules",
        "schedules --json",
    ],
)
def test_what_looks_and_tells_may_be_run(line: str) -> None:
    """And what makes a restore point."""
    assert against(line.split()) == ""


@pytest.mark.parametrize(
    "line",
    [
        *CHANGING,
        "",
        "-x",
        "snapshot restore",
        "snapshot",
        "audit prune",
        "queue --workspace=/else",
        "schedules run x",
        "schedules --json run x",
        "logs tidy -f",
    ],
)
def test_what_changes_things_may_not(line: str) -> None:
    """A list of checks is no second command line."""
    assert "not run from here" in against(line.split())


def test_none_that_decides_for_the_operator_is_on_the_list() -> None:
    """Nor the heartbeat itself, which would go round in a circle."""
    assert not set(CHANGING) & set(ALLOWED)
