"""Tests of console.cli.queue."""

import pytest


@pytest.fixture
def filled(midwatch):
    """A workspace with four tasks of different standing."""
    midwatch.add("second")
    midwatch.add("first", "--priority", "high")
    midwatch.ok("add", "--name", "Vague")
    midwatch.add("third", "--depends", "second")
    return midwatch


def test_rows_come_in_the_order_of_the_queue(filled):
    """Priority, then age; each row has its position and its reasons in words."""
    rows = filled.json("queue")
    assert [(row["label"], row["position"]) for row in rows] == [
        ("first", 1), ("second", 2), ("vague", 3), ("third", 4),
    ]  # fmt: skip
    assert [row["state"] for row in rows] == ["queued", "queued", "held", "queued"]
    for row in rows:
        assert row.keys() >= {"label", "title", "priority", "state", "position", "reasons", "category", "added_at"}
        assert all(why.keys() == {"rule", "verdict", "text"} for why in row["reasons"])
    assert rows[2]["reasons"][0]["verdict"] == "hold"
    assert "second" in next(why["text"] for why in rows[3]["reasons"] if why["rule"] == "dependencies")


def test_limits_and_states_choose_rows(filled):
    """--limit keeps the first rows, --state only those in that state."""
    assert [row["label"] for row in filled.json("queue", "--limit", "2")] == ["first", "second"]
    assert filled.json("queue", "--limit", "0") == []
    assert [row["label"] for row in filled.json("queue", "--state", "held")] == ["vague"]


def test_what_has_ended_is_told_only_when_it_is_asked_for(filled):
    """Ended tasks have no position, and stand behind the others with --all."""
    filled.ok("kill", "first")
    assert [row["label"] for row in filled.json("queue")] == ["second", "vague", "third"]
    last = filled.json("queue", "--all")[-1]
    assert (last["label"], last["state"], last["position"]) == ("first", "killed", None)
    assert [row["label"] for row in filled.json("queue", "--state", "killed")] == ["first"]


def test_the_table_is_for_people(filled):
    """Without --json there is a table with the first reason against each start."""
    lines = filled.ok("queue").splitlines()
    assert lines[0].split() == ["#", "LABEL", "STATE", "PRIORITY", "TITLE", "WHY"]
    assert lines[1].split()[:3] == ["1", "first", "queued"]
    assert "description" in lines[3]


def test_an_empty_queue_says_how_to_fill_it(midwatch):
    """Nothing to list is said in words, or as an empty list."""
    assert "midwatch add" in midwatch.ok("queue")
    assert midwatch.json("queue") == []
    assert midwatch.json("next") is None
    assert "empty" in midwatch.ok("next")


def test_next_names_the_first_and_why_not_sooner(filled):
    """The next task is the first that may start; without an engine it says what is missing."""
    answer = filled.json("next")
    assert (answer["label"], answer["position"]) == ("first", 1)
    assert "no engine runs" in answer["starts"]
    filled.ok("kill", "first")
    filled.ok("kill", "second")
    said = filled.ok("next")
    assert "nothing can start by itself" in said
    filled.add("fourth")
    assert [row["label"] for row in filled.json("next")["passed_over"]] == ["vague", "third"]
    assert "ahead of it vague cannot: " in filled.ok("next")


def test_why_tells_the_whole_story(filled):
    """Every rule's answer is told, for people and for programs."""
    answer = filled.json("why", "vague")
    assert answer["state"] == "held"
    assert {why["rule"] for why in answer["reasons"]} >= {"clarity", "risk", "approvals", "slots", "kill_switch"}
    assert answer["text"]
    assert "clarity" in filled.ok("why", "vague")


def test_why_gives_the_reason_for_the_place_in_the_queue(filled):
    """It is the first difference to the task just ahead; what has ended has no place."""
    assert filled.json("why", "third")["place"].startswith("after vague, which has waited longer")
    assert "What place has it? 2 of 4 in the queue: after first, which has high priority where " in filled.ok(
        "why", "second"
    )
    filled.ok("kill", "first")
    assert filled.json("why", "first")["place"] == ""
    assert "What place" not in filled.ok("why", "first")


def test_why_refuses_a_name_it_does_not_know(filled):
    """It says which one is near."""
    code, complaint = filled.fails("why", "vagu")
    assert code == 1
    assert "did you mean vague?" in complaint


def test_when_what_waits_will_start_is_told(midwatch):
    """In the queue, of the next one and of any task, as a moment for programs and in words for people."""
    midwatch.workspace.settings.write_text('[windows.never]\nfrom = "00:00"\nto = "24:00"\nlowest = "high"\n')
    midwatch.add("now", "--priority", "high")
    midwatch.add("held")
    now, held = midwatch.json("queue")
    assert (now["label"], now["starts"]) == ("now", "now") and now["starts_at"]
    assert (held["label"], held["starts_at"]) == ("held", None) and held["starts"] == "waits for you"
    assert midwatch.json("next")["starts_at"] and midwatch.json("why", "now")["starts_at"]
    assert "When, then? Not by itself: waits for you." in midwatch.ok("why", "held")
    assert "When, then? Now, if an engine runs then." in midwatch.ok("why", "now")
