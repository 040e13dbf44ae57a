"""Tests of console.cli.record.audit."""


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


def test_a_search_combines_what_it_is_given(midwatch):
    """Time from and to, how long ago, task, actor, action and words; the latest last, and as many as are asked for."""
    for label in ("one", "two", "three"):
        midwatch.add(label)
    midwatch.ok("kill", "two", "--why", "Ran out of Time")
    entries = midwatch.json("audit", "list")

    def seqs(*words):
        return [entry["seq"] for entry in midwatch.json("audit", "search", *words)]

    assert seqs() == [1, 2, 3, 4]
    assert seqs("--until", entries[2]["at"]) == [1, 2]
    assert seqs("--since", entries[1]["at"], "--until", entries[3]["at"]) == [2, 3]
    assert seqs("--since", "1h") == [1, 2, 3, 4]
    assert seqs("--task", "two") == [2, 4]
    assert seqs("--task", "two", "--action", "task_killed") == [4]
    assert seqs("out", "of", "time") == seqs("--text", "OUT OF TIME") == [4]
    assert seqs("--limit", "1") == [4]
    assert seqs("--build", "two-1") == []
    assert midwatch.fails("audit", "search", "words", "--text", "more")[0] == 2
    assert midwatch.ok("audit", "search", "out of time").splitlines()[0].split()[0] == "SEQ"


def test_an_entry_tells_its_story(midwatch):
    """What was known and possible, what was chosen and why, how sure that was, and what came of it, to its end."""
    midwatch.add("one")
    with midwatch.engine():
        midwatch.reaches("one", "done")
        decided = midwatch.json("audit", "search", "--action", "build_decided")[0]["seq"]
        told = midwatch.json("audit", "show", str(decided))
        assert told.keys() >= {
            "seq", "at", "actor", "action", "known", "options", "chosen", "why", "confidence", "outcome", "hash",
            "prev",
        }  # fmt: skip
        assert (told["chosen"], told["options"][1]) == ("start now", "leave it in the queue")
        assert {"name": "clarity", "value": "says what is wanted and when it is done"} in told["known"]
        assert [event["action"] for event in told["outcome"]][-1] == "build_done"
        text = midwatch.ok("audit", "show", str(decided))
        assert "a fixed rule decided" in text and "build_done" in text and "clarity: says" in text
        assert midwatch.json("audit", "show", "1")["outcome"][-1]["action"] == "build_done"
    last = midwatch.json("audit", "list")[-1]["seq"]
    assert "nothing on record came of it" in midwatch.ok("audit", "show", str(last))
    assert midwatch.fails("audit", "show", "999")[0] == 1


def test_a_task_and_a_build_tell_their_whole_stories(midwatch):
    """Every decision on it, in order."""
    midwatch.add("one")
    midwatch.ok("kill", "one")
    told = midwatch.json("audit", "show", "one")
    assert [entry["action"] for entry in told["entries"]] == ["task_added", "task_killed"]
    assert "one: 2 entries" in midwatch.ok("audit", "show", "one")
    assert "there is no entry, task or build 'nobody'" in midwatch.fails("audit", "show", "nobody")[1]
