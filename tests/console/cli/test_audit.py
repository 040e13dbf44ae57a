"""Tests of console.cli.audit."""

import json


def test_entries_tell_who_did_what_and_why(midwatch):
    """The latest stand last; --limit keeps the latest."""
    for label in ("one", "two", "three"):
        midwatch.add(label)
    entries = midwatch.json("audit", "list")
    assert [entry["label"] for entry in entries] == ["one", "two", "three"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    assert all(entry.keys() >= {"seq", "at", "actor", "action", "why", "label", "build"} for entry in entries)
    assert [entry["label"] for entry in midwatch.json("audit", "list", "--limit", "2")] == ["two", "three"]
    assert midwatch.json("audit", "list", "--limit", "0") == []
    assert midwatch.ok("audit", "list").splitlines()[0].split() == ["SEQ", "AT", "ACTOR", "ACTION", "ABOUT", "WHY"]


def test_filters(midwatch):
    """Each filter keeps only what fits."""
    midwatch.add("one")
    midwatch.add("two")
    midwatch.ok("kill", "one", "--why", "Ran out of Time")
    actor = midwatch.json("audit", "list")[0]["actor"]

    def labels(*words):
        return [entry["label"] for entry in midwatch.json("audit", "list", *words)]

    assert labels("--label", "one") == ["one", "one"]
    assert labels("--action", "task_killed") == ["one"]
    assert labels("--actor", actor) == labels("--actor", actor.partition(":")[2]) == ["one", "two", "one"]
    assert labels("--actor", "engine") == []
    assert labels("--text", "ran out of time") == ["one"]
    assert labels("--since", midwatch.json("audit", "list")[1]["at"]) == ["two", "one"]
    assert labels("--since", "2999-01-01") == []
    assert midwatch.fails("audit", "list", "--since", "soon")[0] == 2
    assert "nothing" in midwatch.ok("audit", "list", "--label", "nobody")


def test_one_entry_in_full(midwatch):
    """`show` tells all of one entry, and refuses what is not there."""
    midwatch.add("one")
    assert midwatch.json("audit", "show", "1")["action"] == "task_added"
    assert "task_added" in midwatch.ok("audit", "show", "1")
    assert midwatch.fails("audit", "show", "9")[0] == 1


def test_a_whole_journal_verifies(midwatch):
    """An untouched journal exits 0, also while an engine writes."""
    midwatch.add("one")
    answer = midwatch.json("audit", "verify")
    assert answer.keys() >= {"ok", "entries", "head", "damage"}
    assert (answer["ok"], answer["entries"], answer["damage"]) == (True, 1, [])
    with midwatch.engine():
        midwatch.reaches("one", "done")
        assert midwatch.json("audit", "verify")["ok"] is True
    assert "every one as it was written" in midwatch.ok("audit", "verify")


def test_damage_is_named_and_exits_1(midwatch):
    """A changed line is found, named with its entry, file and line, and stops other verbs with words."""
    midwatch.add("one")
    midwatch.add("two")
    (segment,) = midwatch.workspace.journal.glob("*.jsonl")
    text = segment.read_text()
    segment.write_text(text.replace('"label":"one"', '"label":"ONE"', 1))
    done = midwatch.run("audit", "verify", "--json")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["ok"] is False
    damage = answer["damage"][0]
    assert damage.keys() >= {"kind", "seq", "file", "line", "text"}
    assert (damage["kind"], damage["seq"], damage["line"]) == ("changed", 1, 1)
    assert f"{segment.name}:1: changed" in midwatch.run("audit", "verify").stdout
    midwatch.workspace.checkpoint.unlink(missing_ok=True)
    code, complaint = midwatch.fails("queue")
    assert code == 1
    assert segment.name in complaint
