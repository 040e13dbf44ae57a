"""Tests of console.cli.learning.patterns."""

import shlex

from engine.safety.privacy.vault import Vault
from tests.console.cli.learning.past import daily, write

ON = '[time]\nzone = "UTC"\n[patterns]\nprebuild = true\n'


def set_up(midwatch, settings=ON, **fields):
    midwatch.workspace.settings.write_text(settings)
    write(midwatch.workspace, daily(**fields))


def test_a_fresh_workspace_has_no_patterns(midwatch):
    """It says so in words, and in JSON with nothing in it."""
    assert midwatch.ok("patterns", "list") == "no pattern: no task was ever added\n"
    assert midwatch.json("patterns", "predict") == []
    assert midwatch.json("patterns", "check") == {
        "noted": [], "queued": [], "refused": [], "text": "0 patterns, 0 of them not noted before",
    }  # fmt: skip


def test_a_routine_is_listed_foretold_and_suggested(midwatch):
    """In words with the picture of the week, and in JSON; what is suggested can be run as it stands."""
    set_up(midwatch)
    (row,) = midwatch.json("patterns", "list")["patterns"]
    assert (row["hits"], row["n"], row["noted_at"], row["prebuilt"]) == (19, 19, None, [])
    assert row["confidence"] > 0.8
    told = midwatch.ok("patterns", "list")
    assert "a task like “sweep the caches” comes every day around " in told
    assert "\nMon " in told and "in that hour of all weeks" in told
    expected = midwatch.json("patterns", "predict", "--days", "3")
    assert [one["within_24_h"] for one in expected] == [True, False, False]
    assert "came on 19 of 19 occasions after the first (90 % sure: " in midwatch.ok("patterns", "predict")
    (offered,) = midwatch.json("patterns", "suggest")
    words = offered["command"].removeprefix("midwatch ")
    assert words.startswith("add --label sweep --name 'Sweep the caches'")
    midwatch.ok(*shlex.split(words))
    assert midwatch.state("sweep") == "queued"
    assert midwatch.json("patterns", "suggest") == []


def test_a_check_notes_it_once_and_queues_it_ahead_once(midwatch):
    """The task stands in the queue under the day that it is for; the record says why; a second check adds nothing."""
    set_up(midwatch)
    first = midwatch.json("patterns", "check")
    assert len(first["noted"]) == 1
    assert [line.partition(": ")[2] for line in first["queued"]] == ["queued"]
    label = first["queued"][0].partition(":")[0]
    assert label.startswith("sweep-20")
    again = midwatch.json("patterns", "check")
    assert (again["noted"], again["queued"], again["refused"]) == ([], [], [])
    entries = {entry["action"]: entry for entry in midwatch.json("audit", "search", "--limit", "10")}
    assert entries["built_ahead"]["label"] == label
    assert entries["built_ahead"]["options"] == ["queue it ahead", "wait until somebody asks for it"]
    assert entries["pattern_noted"]["confidence"] > 0.8
    assert midwatch.json("patterns", "stats")["prebuilds"] == 1
    assert "1 tasks were queued ahead" in midwatch.ok("patterns", "stats")


def test_nothing_is_queued_ahead_by_default(midwatch):
    """A fresh workspace notes what it sees, and adds nothing to the queue."""
    set_up(midwatch, settings='[time]\nzone = "UTC"\n')
    checked = midwatch.json("patterns", "check")
    assert len(checked["noted"]) == 1
    assert checked["queued"] == []
    assert midwatch.json("queue") == []


def test_what_a_task_says_of_people_goes_with_it(midwatch):
    """The record knows a placeholder only; the task that is queued ahead has the true words, and the queue is known."""
    midwatch.workspace.settings.write_text(ON)
    write(midwatch.workspace, daily(title="Sweep for [mail 1]"))
    Vault(midwatch.workspace).keep("sweep-1", {"[mail 1]": "ada@example.org"})
    (queued,) = midwatch.json("patterns", "check")["queued"]
    label = queued.partition(":")[0]
    assert midwatch.json("queue")[0]["title"] == "Sweep for [mail 1]"
    assert Vault(midwatch.workspace).words(label) == {"[mail 1]": "ada@example.org"}
