"""Tests of console.cli.record.proof."""

import json


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


def test_heads_from_everywhere_are_compared(midwatch, repo):
    """The usual file by itself, other files, words and git notes by name; one that is none is refused with its line."""
    midwatch.add("one", "--repo", str(repo))
    midwatch.ok("audit", "publish")
    head = midwatch.ok("audit", "head").strip()
    more = midwatch.root / "more.txt"
    more.write_text(f"{head}\n".replace(":", " "))
    answer = midwatch.json("audit", "verify", "--against", head, "--heads", str(more), "--notes", str(repo))
    assert (answer["ok"], answer["confirmed"]) == (True, 4)
    assert "4 published heads agree" in midwatch.ok(
        "audit", "verify", "--against", head, "--heads", str(more), "--notes", str(repo)
    )
    usual = str(midwatch.root / "build-reports" / "heads.txt")
    assert midwatch.json("audit", "verify", "--heads", usual)["confirmed"] == 1
    more.write_text("soon\n")
    code, complaint = midwatch.fails("audit", "verify", "--heads", str(more))
    assert code == 2 and f"{more}:1" in complaint
    assert midwatch.fails("audit", "verify", "--against", "9")[0] == 2
    done = midwatch.run("audit", "verify", "--against", f"1:{'a' * 64}", "--json")
    assert (done.returncode, json.loads(done.stdout)["damage"][0]["kind"]) == (1, "rewritten")
