"""Tests of console.cli.back.undo."""


def test_an_entry_is_put_back_without_an_engine(midwatch):
    """`--preview` says what would be, `--yes` does it, and the record has both entries."""
    midwatch.ok("pause")
    [entry] = midwatch.json("audit", "list", "--limit", "1")
    seq = str(entry["seq"])
    preview = midwatch.json("undo", seq, "--preview")
    assert preview["preview"] is True and "things start again" in preview["text"]
    assert midwatch.json("status")["paused"] is True
    told = midwatch.json("undo", seq, "--yes", "--why", "a slip")
    assert told["preview"] is False
    assert midwatch.json("status")["paused"] is False
    undone = midwatch.json("audit", "list", "--limit", "1")[0]
    assert undone["action"] == "change_undone" and f"entry {seq}" in undone["why"] and "a slip" in undone["why"]


def test_without_a_terminal_it_needs_yes(midwatch):
    """It says what it would do, and does nothing."""
    midwatch.ok("pause")
    [entry] = midwatch.json("audit", "list", "--limit", "1")
    code, complaint = midwatch.fails("undo", str(entry["seq"]))
    assert code == 2 and "--yes" in complaint
    assert midwatch.json("status")["paused"] is True


def test_what_is_not_there_is_refused(midwatch):
    """In words, with exit code 1."""
    code, complaint = midwatch.fails("undo", "nobody", "--preview")
    assert code == 1 and "nobody" in complaint
