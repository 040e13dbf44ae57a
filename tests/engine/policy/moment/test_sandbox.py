"""Tests of the rule that there must be a sandbox."""

import pytest

from engine.policy.moment import sandbox
from state.model.verdict import Stance


@pytest.mark.parametrize(
    ("trouble", "unsandboxed", "stance", "text"),
    [
        ("", frozenset(), Stance.ALLOW, "runs in a sandbox"),
        ("", frozenset({"other"}), Stance.ALLOW, "runs in a sandbox"),
        ("bwrap is missing", frozenset(), Stance.HOLD, "no sandbox: bwrap is missing"),
        ("bwrap is missing", frozenset({"other"}), Stance.HOLD, "no sandbox: bwrap is missing"),
        (None, frozenset(), Stance.HOLD, "it is not known yet whether this machine can make a sandbox"),
        (
            "bwrap is missing",
            frozenset({"tidy"}),
            Stance.ALLOW,
            "runs WITHOUT a sandbox: midwatch.toml says so in [tasks.tidy]",
        ),
        (None, frozenset({"tidy"}), Stance.ALLOW, "runs WITHOUT a sandbox: midwatch.toml says so in [tasks.tidy]"),
    ],
)
def test_without_a_sandbox_nothing_runs_unless_the_operator_said_so(
    trouble: str | None, unsandboxed: frozenset[str], stance: Stance, text: str
) -> None:
    """No sandbox holds, not knowing holds, and only this very task's own setting lets it run without."""
    finding = sandbox.check("tidy", trouble, unsandboxed)
    assert (finding.verdict, finding.text) == (stance, text)
