"""A record that somebody has touched: no verb builds upon it, and each says where the damage is."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from state.line import opening
from tests.front.midwatch import Space

Lines = list[bytes]


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace with a few finished tasks, whose engine died, so that the last lines stand in the journal alone."""
    space = open_space()
    space.add_many({f"task-{number}": "true" for number in range(3)})
    with space.engine() as engine:
        for number in range(3):
            space.wait(f"task-{number}", "done")
        engine.kill()
    return space


def segment(space: Space) -> Path:
    """The only file of the journal."""
    [found] = [path for path in space.paths.journal.iterdir() if path.suffix == ".jsonl"]
    return found


def changed(lines: Lines) -> None:
    lines[4] = lines[4].replace(b"task-", b"tusk-", 1)


def missing(lines: Lines) -> None:
    del lines[4]


def reordered(lines: Lines) -> None:
    lines[4], lines[5] = lines[5], lines[4]


def halved(lines: Lines) -> None:
    lines[4] = lines[4][: len(lines[4]) // 2] + b"\n"


def replaced(lines: Lines) -> None:
    lines[4] = b"nonsense\n"


@pytest.mark.parametrize(
    ("damage", "kind", "line"),
    [
        (changed, "changed", 5),
        (missing, "missing", 5),
        (reordered, "reordered", 6),
        (halved, "unreadable", 5),
        (replaced, "unreadable", 5),
    ],
)
def test_damage_is_refused_by_line(space: Space, damage: Callable[[Lines], None], kind: str, line: int) -> None:
    """Engine, reading and writing verbs all refuse with file, line and kind, and leave the evidence as it is."""
    path = segment(space)
    lines = path.read_bytes().splitlines(keepends=True)
    assert len(lines) > 8
    damage(lines)
    path.write_bytes(b"".join(lines))
    before = path.read_bytes()
    for words in (("engine", "--until-idle"), ("add", "--name", "More"), ("queue",), ("approve", "task-0")):
        complaint = space.fails(1, *words)
        assert f"{path} line {line}: {kind}" in complaint, complaint
        assert "back from a backup" in complaint
    done = space.run("audit", "verify", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert found["ok"] is False
    assert [(entry["kind"], entry["line"]) for entry in found["damage"]] == [(kind, line)]
    assert f"{path.name}:{line}: {kind}" in space.run("audit", "verify").stdout
    assert path.read_bytes() == before


def test_a_torn_tail_is_cut_back_and_said(space: Space) -> None:
    """Half a line at the very end is what a crash leaves: it is cut, reported, and work goes on."""
    path = segment(space)
    whole = path.read_bytes()
    path.write_bytes(whole + opening(len(whole.splitlines()) + 1) + b'"at":"20')
    space.add("more", "true")
    space.work()
    assert space.state("more") == "done"
    assert space.json("audit", "verify")["ok"] is True
    assert path.read_bytes().startswith(whole)


def test_lines_missing_at_the_end_are_noticed(space: Space) -> None:
    """A record that is shorter than what the checkpoint has seen is damage, not a fresh start."""
    space.add("more", "true")
    path = segment(space)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3]))
    space.fails(1, "engine", "--until-idle")
    done = space.run("audit", "verify", "--json")
    assert done.returncode == 1
    assert {entry["kind"] for entry in json.loads(done.stdout)["damage"]} <= {"missing", "truncated"}


def test_a_lost_checkpoint_is_no_loss(space: Space) -> None:
    """Everything is in the journal: without `state.json`, or with one that is nonsense, the same is there."""
    before = space.json("queue", "--all")
    for text in (None, "", "{", "[]"):
        if text is None:
            space.paths.checkpoint.unlink(missing_ok=True)
        else:
            space.paths.checkpoint.write_text(text)
        assert space.json("queue", "--all") == before
    space.work()
    assert space.json("queue", "--all") == before


def test_damage_found_beside_an_engine_stops_its_deciding(space: Space) -> None:
    """`audit verify` that finds damage while an engine runs puts it into manual mode; a whole record does not."""
    with space.engine():
        space.ok("audit", "verify")
        assert space.json("status")["fault"] is None
        path = segment(space)
        path.write_bytes(path.read_bytes().replace(b"task-0", b"tusk-0", 1))
        space.fails(1, "audit", "verify")
        assert "the record is damaged" in space.json("status")["fault"]["text"]
        space.add("late", "true")
        assert space.json("next")["reasons"][0]["rule"] == "pause"
        assert space.row("late")["attempts"] == 0
