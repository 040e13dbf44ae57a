"""Tests of console.cli.brakes.drill."""

import pytest

from console.cli import main
from console.drill import rehearsal
from state.model.brakes.kill_use import KillUse, Means
from tests.making import NOON


def test_a_rehearsal_passes_is_told_and_is_on_record(midwatch):
    """Exit code 0, each means with its time; afterwards `status` tells it, and that the switch was never used."""
    midwatch.workspace.settings.write_text("[sandbox]\nidle_priority = false\n")
    found = midwatch.json("drill", "--processes", "16")
    assert found["passed"] is True and 0 < found["ms"] < found["limit_ms"] == 5000.0
    assert [use["means"] for use in found["uses"]] == ["key", "file", "library"]
    told = midwatch.json("status")["kill_switch"]
    assert told["last_use"] is None
    assert [use["id"] for use in told["last_drill"]] == [use["id"] for use in found["uses"]]
    assert "last drill: " in midwatch.ok("status")
    assert len(midwatch.json("audit", "list", "--action", "kill_switch_rehearsed")) == 3
    assert midwatch.json("status")["stop"]["engaged"] is False


@pytest.mark.parametrize("wrong", [{"survivors": (4711,)}, {"ms": 5100.0}, {"builds": 0}])
def test_a_rehearsal_that_fails_is_an_error_and_on_record(midwatch, monkeypatch, capsys, wrong):
    """Somebody survived, or it took too long, or nothing was there to kill: exit code 1, and it is kept as it was."""
    fields = {"id": "d-key", "at": NOON, "by": "operator:ada", "means": Means.KEY, "ms": 9.0, "builds": 2}

    async def bad(*_):
        yield KillUse(**{**fields, "processes": 4, "drill": "d", **wrong})

    monkeypatch.setattr(rehearsal, "rehearse", bad)
    assert main.run(["--workspace", str(midwatch.workspace.root), "drill"]) == 1
    said = capsys.readouterr()
    assert "FAIL" in said.out and "before you know why" in said.err
    assert "FAILED" in midwatch.ok("status")
