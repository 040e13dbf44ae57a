"""What a program that reads our answers may rely on: JSON shapes, exit codes, batches that are taken whole or not."""

import json
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

from tests.front.midwatch import MIDWATCH, Space

GOOD = """
[[task]]
title = "Mend the sum"
label = "sum"
description = "Mend the rounding of totals in the ledger"
criteria = ["the sum of ten entries of 0.1 is exactly 1.0"]
category = "bug-fix"
command = "true"

[[task]]
title = "Mend the mean"
label = "mean"
description = "Mend the rounding of means in the ledger"
criteria = ["the mean of ten entries of 0.1 is exactly 0.1"]
category = "bug-fix"
depends = ["sum"]
command = "true"
"""


def test_a_file_of_tasks_is_added_whole(space: Space) -> None:
    """A TOML file and JSON lines from standard input both add all that they hold."""
    path = space.home / "tasks.toml"
    path.write_text(GOOD)
    assert [row["label"] for row in space.json("add", "--file", str(path))] == ["sum", "mean"]
    line = {"title": "More", "command": "true", "category": "docs", "description": "Explain how totals are rounded"}
    lines = [{**line, "label": f"more-{number}", "criteria": ["the page names both rules"]} for number in range(3)]
    space.ok("add", "--file", "-", "--format", "jsonl", stdin="\n".join(map(json.dumps, lines)))
    labels = [row["label"] for row in space.json("queue")]
    assert labels == ["sum", "mean", "more-0", "more-1", "more-2"]
    space.work()
    assert {row["state"] for row in space.json("queue", "--all")} == {"done"}


@pytest.mark.parametrize(
    ("spoil", "line", "words"),
    [
        (lambda text: text.replace('category = "bug-fix"\ncommand', 'categry = "bug-fix"\ncommand'), 7, "category"),
        (lambda text: text.replace('depends = ["sum"]', 'effects = "no such"'), 16, "not known"),
        (lambda text: text.replace('label = "mean"', 'label = "sum"').replace('depends = ["sum"]', ""), 12, "sum"),
        (lambda text: text.replace('label = "mean"', "label = mean"), 12, ""),
    ],
)
def test_a_file_with_a_mistake_adds_nothing(space: Space, spoil, line: int, words: str) -> None:
    """One mistake anywhere in a file: exit code 2, its line is named, and no task of it is added."""
    path = space.home / "tasks.toml"
    path.write_text(spoil(GOOD))
    complaint = space.fails(2, "add", "--file", str(path))
    assert f"{path}:{line}:" in complaint, complaint
    assert words in complaint
    assert space.json("queue", "--all") == []


def test_a_batch_that_the_queue_refuses_adds_nothing(space: Space) -> None:
    """A circle of dependencies, a label that is taken or a task that is not there: nothing of the batch is added."""
    circle = GOOD.replace('command = "true"\n\n', 'command = "true"\ndepends = ["mean"]\n\n', 1)
    missing = GOOD.replace('depends = ["sum"]', 'depends = ["nowhere"]')
    for text, words in ((circle, "circle"), (missing, "nowhere")):
        complaint = space.fails(1, "add", "--file", "-", "--format", "toml", stdin=text)
        assert words in complaint
        assert space.json("queue", "--all") == []
    space.add("mean", "true")
    assert "mean" in space.fails(1, "add", "--file", "-", "--format", "toml", stdin=GOOD)
    assert [row["label"] for row in space.json("queue", "--all")] == ["mean"]


def test_what_reading_verbs_answer(space: Space, repo: Path) -> None:
    """`queue`, `status` and `audit` have at least the fields that they promise, of the types that they promise."""
    space.add("first", "true", "--priority", "high", "--repo", str(repo))
    space.add("second", "sleep 98765")
    space.add("third", "true", category="feature")
    with space.engine() as engine:
        space.wait("second", "building")
        status = space.json("status")
        assert status["engine"]["running"] is True
        assert status["engine"]["pid"] == engine.pid
        assert status["engine"]["mode"] == "headless"
        [active] = [row for row in status["active"] if row["label"] == "second"]
        assert active["build"] == "second-1"
        assert active["attempt"] == 1
        assert isinstance(active["percent"], int)
        assert isinstance(active["step"], str)
        assert isinstance(active["files_changed"], int)
        assert datetime.fromisoformat(active["started_at"]).tzinfo
        [escalation] = [found for found in status["escalations"] if found["label"] == "third"]
        assert escalation["kind"] == "approval_needed"
        assert escalation["id"]
        assert escalation["priority"] in ("low", "medium", "high", "urgent")
        assert escalation["text"]
        assert datetime.fromisoformat(escalation["created_at"]).tzinfo
        assert status["anomalies"] == []
        assert status["stop"]["engaged"] is False
        assert status["stop"]["since"] is None
        rows = space.json("queue", "--all")
        assert {row["label"] for row in rows} == {"first", "second", "third"}
        for row in rows:
            assert {"label", "title", "priority", "state", "position", "reasons"} <= row.keys()
            assert all(reason.keys() == {"rule", "verdict", "text"} for reason in row["reasons"])
            assert all(reason["verdict"] in ("allow", "wait", "ask", "hold") for reason in row["reasons"])
        [third] = [row for row in rows if row["label"] == "third"]
        assert (third["state"], third["position"]) == ("awaiting_approval", 1)
        assert len(space.json("queue", "--all", "--limit", "2")) == 2
        space.ok("kill", "second")
    status = space.json("status")
    assert status["engine"]["running"] is False
    assert status["engine"]["mode"] == "stopped"

    entries = space.json("audit", "list", "--limit", "1000")
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    for entry in entries:
        assert {"seq", "at", "actor", "action", "why"} <= entry.keys()
        assert datetime.fromisoformat(entry["at"]).tzinfo
        assert entry["actor"] == "engine" or entry["actor"].startswith("operator:")
        assert entry["why"]
    assert space.json("audit", "list", "--limit", "3") == entries[-3:]
    verified = space.json("audit", "verify")
    assert verified["ok"] is True
    assert verified["entries"] == len(entries)
    assert verified["head"] == entries[-1]["hash"]
    assert verified["damage"] == []


def test_no_engine_is_no_reason_to_refuse(space: Space) -> None:
    """`add`, `approve`, `deny`, `retry` and `kill` work on the store itself, and the next engine goes on from there."""
    space.add("yes", "true", category="feature")
    space.add("no", "true", category="feature")
    space.add("gone", "true")
    assert "no engine runs" in space.ok("add", "--name", "Else", "--command", "true")
    space.ok("approve", "yes")
    space.ok("deny", "no")
    space.ok("kill", "gone")
    space.work()
    assert {label: space.state(label) for label in ("yes", "no", "gone", "else")} == {
        "yes": "done",
        "no": "killed",
        "gone": "killed",
        "else": "held",
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (2, ("quue",)),
        (2, ("add",)),
        (2, ("add", "--name", "x", "--category", "no such")),
        (2, ("add", "--name", "x", "--repo", "/nowhere")),
        (2, ("kill",)),
        (1, ("approve", "nobody")),
        (1, ("why", "nobody")),
        (1, ("logs", "nobody")),
        (3, ("queue", "--workspace", "/")),
    ],
)
def test_exit_codes(space: Space, code: int, words: tuple[str, ...]) -> None:
    """Each kind of refusal has its code and one line of words for people on standard error."""
    complaint = space.fails(code, *words)
    assert complaint.startswith("midwatch: ")


def test_settings_with_a_mistake_are_refused_by_line(space: Space) -> None:
    """Every verb that needs the settings names file, line, key and the nearest known name."""
    space.paths.settings.write_text('[queue]\nslots = 2\n\n[retry]\nwiat = "5m"\n')
    for words in (("engine", "--until-idle"), ("add", "--name", "x"), ("status",)):
        done = space.run(*words)
        assert done.returncode in (1, 2), done
        assert f"{space.paths.settings}:5: retry.wiat: " in done.stderr
        assert "wait" in done.stderr


def test_what_a_reader_closes_early(space: Space) -> None:
    """A pipe that is closed ends a verb without a stack of errors."""
    space.add_many({f"task-{number}": "true" for number in range(400)})
    with subprocess.Popen(
        [*MIDWATCH, "queue", "--json"], env=space.env, cwd=space.home, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
        process.wait(60)


def test_a_hostile_title_is_harmless_in_every_answer(space: Space) -> None:
    """Sequences that a terminal obeys never reach one through a verb for people; JSON keeps them escaped."""
    evil = "tidy\x1b[2J\x1b]0;owned\x07\u202e up"
    space.add("evil", "printf '\\033[2Jcleared\\033]0;owned\\007'; printf x > 'a\tb'", "--desc", f"Mend {evil} now")
    space.work()
    assert space.state("evil") == "done"
    for words in (("queue", "--all"), ("why", "evil"), ("status", "--completed"), ("logs", "evil"), ("audit", "list")):
        said = space.ok(*words)
        assert not any(character in said for character in "\x1b\x07\u202e"), words
    assert "cleared" in space.ok("logs", "evil")
