"""Tests of console.cli.upkeep.health."""

import json

from tests.console.cli.conftest import midwatch

__all__ = ["midwatch"]


def test_exit_code_and_words_agree(midwatch):
    """0 and `healthy` while the engine works, 1 and why not when it does not; JSON says the same."""
    with midwatch.engine() as engine:
        assert midwatch.ok("health").startswith("healthy\n")
        found = midwatch.json("health")
        assert found["healthy"] is True
        assert [check["name"] for check in found["checks"]] == ["engine", "record", "sandbox", "deciding", "builds"]
        assert str(engine.pid) in found["checks"][0]["text"]
    done = midwatch.run("health")
    assert done.returncode == 1
    assert done.stdout.startswith("NOT healthy\nBAD  engine: ")
    done = midwatch.run("health", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["healthy"] is False


def test_a_timeout_is_a_positive_number(midwatch):
    """Anything else is refused before anybody is asked."""
    for wrong in ("0", "-1", "soon"):
        code, complaint = midwatch.fails("health", "--timeout", wrong)
        assert code == 2
        assert "--timeout" in complaint
