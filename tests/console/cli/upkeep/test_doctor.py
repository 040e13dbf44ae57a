"""`doctor`, as the operator calls it."""

import json

import pytest

from console.cli.main import run


@pytest.mark.slow
@pytest.mark.alone
def test_every_guard_holds_here(capfd: pytest.CaptureFixture[str]) -> None:
    """The verb's own answer, as JSON: a list of guards with what was seen, and exit code 0."""
    code = run(["doctor", "--prove", "--json"])
    guards = json.loads(capfd.readouterr().out)["guards"]
    assert [guard for guard in guards if not guard["tripped"]] == []
    assert code == 0
    assert len(guards) >= 30 and len({guard["guard"] for guard in guards}) == len(guards)
    assert all(guard["detail"] for guard in guards)


def test_the_verb_answers_in_json(capfd: pytest.CaptureFixture[str]) -> None:
    """One list of checks; the exit code says whether all is well."""
    code = run(["doctor", "--json"])
    checks = json.loads(capfd.readouterr().out)["checks"]
    assert code == (0 if all(check["ok"] for check in checks) else 1)
    assert {"sandbox", "control groups"} <= {check["name"] for check in checks}


def test_a_workspace_tells_of_its_kill_switch(midwatch) -> None:
    """In a workspace the last rehearsal is one of the checks."""
    done = midwatch.run("doctor", "--json")
    checks = {check["name"]: check["text"] for check in json.loads(done.stdout)["checks"]}
    assert "never rehearsed" in checks["kill switch"]
