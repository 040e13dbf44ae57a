"""`midwatch heartbeat`: signals acted on, checks done when they are due."""

import json

import click

from console.cli.main import midwatch as midwatch_verbs
from engine.signals.commands import ALLOWED
from tests.console.cli.conftest import Midwatch
from tests.engine.signals.files import TASK, written

CHECKS = """\
# Heartbeat

## Build Queue Check (every 2 days)

- run: midwatch queue --json
- Is anything stuck?

## Nonsense (now and then)

- run: midwatch status
"""


def test_signals_are_acted_on_and_cleared(midwatch: Midwatch) -> None:
    """A task is queued, the operator is asked, the rest is written down; a second heartbeat has nothing to do."""
    folder = midwatch.workspace.escalations
    (folder / "a.json").write_bytes(written("a", "spawn_agent", {"confidence": 0.8, "task": TASK}))
    (folder / "b.json").write_bytes(written("b"))
    (folder / "c.json").write_bytes(written("c", "goals_updated", priority="low"))
    (folder / "d.json").write_bytes(b"[]")
    found = midwatch.json("heartbeat")
    assert {one["id"]: one["handling"] for one in found["handled"]} == {"a": "queued", "b": "asked", "c": "logged"}
    assert [bad["name"] for bad in found["bad"]] == ["d.json"]
    assert midwatch.state("mend-sum") == "queued"
    assert sorted(path.name for path in folder.iterdir()) == ["README.md", "bad", "handled"]
    assert "no signal waited, and no check was due" in midwatch.ok("heartbeat")
    assert midwatch.json("audit", "verify")["ok"]


def test_checks_are_done_when_they_are_due(midwatch: Midwatch) -> None:
    """Commands are run, words ask, what is not understood is told with its line; nothing is done twice in a slot."""
    path = midwatch.root / "HEARTBEAT.md"
    path.write_text(CHECKS)
    before = midwatch.json("heartbeat", "--list")
    [check] = before["checks"]
    assert (check["name"], check["often"], check["due"], check["last"]) == (
        "Build Queue Check", "every 2 days", True, None,
    )  # fmt: skip
    assert before["troubles"][0].startswith("HEARTBEAT.md:8: (now and then) is no frequency")

    done = midwatch.json("heartbeat")
    assert done["troubles"] == before["troubles"]
    [ran] = done["checks"]
    assert [(run["run"], run["code"]) for run in ran["runs"]] == [("queue --json", 0)]
    assert json.loads(ran["runs"][0]["output"]) == []
    asked = {row["label"]: row["text"] for row in midwatch.json("status")["escalations"]}
    assert asked["heartbeat:build-queue-check"] == "Build Queue Check: Is anything stuck?"
    assert "HEARTBEAT.md:8" in asked["heartbeat:file"]

    assert midwatch.json("heartbeat")["checks"] == []
    [check] = midwatch.json("heartbeat", "--list")["checks"]
    assert not check["due"] and "midwatch queue" in check["last"]["text"]
    assert path.read_text() == CHECKS

    path.write_text(
        "## Build Queue Check (every 2 days)\n- run: midwatch why nobody\n## Fresh (daily)\n`midwatch stats`\n"
    )
    done = midwatch.json("heartbeat")
    assert [ran["name"] for ran in done["checks"]] == ["Fresh"]
    assert "heartbeat:file" not in {row["label"] for row in midwatch.json("status")["escalations"]}


def test_a_command_that_fails_is_told(midwatch: Midwatch) -> None:
    """The heartbeat itself did what it was to do; the operator learns what failed, on the screen and as a question."""
    (midwatch.root / "HEARTBEAT.md").write_text("## Story (daily)\n- run: midwatch why nobody\n")
    said = midwatch.ok("heartbeat")
    assert "midwatch why nobody ended with code 1" in said and "there is no task 'nobody'" in said
    [asked] = midwatch.json("status")["escalations"]
    assert asked["label"] == "heartbeat:story:run" and "ended with code 1" in asked["text"]
    assert "midwatch why nobody` ended with code 1" in midwatch.ok("heartbeat", "--list")


def test_a_command_that_changes_things_is_not_obeyed(midwatch: Midwatch) -> None:
    """A file that lists checks is no way to approve, to arm or to start."""
    midwatch.add("tidy", "--category", "feature")
    (midwatch.root / "HEARTBEAT.md").write_text("## Yes (daily)\n- run: midwatch approve tidy\n")
    assert "HEARTBEAT.md:2: `midwatch approve tidy` is not run from here" in midwatch.ok("heartbeat")
    assert midwatch.state("tidy") == "awaiting_approval"


def test_every_command_that_may_be_run_is_there() -> None:
    """The list names verbs and parts of verbs that this program has."""
    for verb, parts in ALLOWED.items():
        command = midwatch_verbs.get_command(click.Context(midwatch_verbs), verb)
        assert command is not None, verb
        assert isinstance(command, click.Group) is bool(parts), verb
        if isinstance(command, click.Group):
            assert parts - {""} <= command.commands.keys()


def test_without_a_file_there_are_no_checks(midwatch: Midwatch) -> None:
    """The list says how to write one; a file that is far too large is told of and left as it is."""
    assert "HEARTBEAT.md lists no checks" in midwatch.ok("heartbeat", "--list")
    (midwatch.root / "HEARTBEAT.md").write_text("x" * (300 << 10))
    assert "larger than 256 KiB" in midwatch.ok("heartbeat", "--list")
