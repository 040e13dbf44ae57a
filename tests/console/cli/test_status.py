"""Tests of console.cli.status."""


def test_without_an_engine_the_store_answers(midwatch):
    """The situation is told from the store, and that no engine runs."""
    midwatch.add("tidy")
    midwatch.ok("add", "--name", "Vague")
    answer = midwatch.json("status")
    assert answer["engine"]["running"] is False
    assert (answer["active"], answer["anomalies"]) == ([], [])
    assert answer["stop"] == {"engaged": False, "since": None, "by": ""}
    (question,) = answer["escalations"]
    assert question.keys() >= {"id", "kind", "label", "priority", "text", "created_at"}
    assert question["label"] == "vague"
    said = midwatch.ok("status")
    assert "not running" in said
    assert "vague" in said


def test_the_parts_that_are_asked_for(midwatch):
    """--queue, --active and --completed each show their list alone."""
    midwatch.add("tidy")
    midwatch.add("gone")
    midwatch.ok("kill", "gone")
    assert [row["label"] for row in midwatch.json("status", "--queue")["queue"]] == ["tidy"]
    assert [row["label"] for row in midwatch.json("status", "--completed")["completed"]] == ["gone"]
    assert "no build is under way" in midwatch.ok("status", "--active")
    queued, completed = midwatch.ok("status", "--queue"), midwatch.ok("status", "--completed")
    assert "tidy" in queued
    assert "gone" not in queued
    assert "gone" in completed
    assert "engine" not in completed


def test_a_running_engine_tells_of_its_builds(midwatch):
    """While a build runs its row is there, and the engine is named by pid and mode."""
    midwatch.add("slow", "--command", "echo '::progress 40 half way'; sleep 600")
    with midwatch.engine() as engine:
        midwatch.reaches("slow", "building")
        answer = midwatch.json("status")
        assert answer["engine"]["pid"] == engine.pid
        assert answer["engine"]["mode"] == "headless"
        (row,) = answer["active"]
        assert row.keys() >= {"build", "label", "attempt", "percent", "step", "started_at", "files_changed"}
        assert (row["build"], row["label"], row["attempt"]) == ("slow-1", "slow", 1)
        assert "slow-1" in midwatch.ok("status")
        assert "slow-1" in midwatch.ok("status", "--active")


def test_the_kill_switch_is_in_plain_sight(midwatch):
    """An engaged kill switch and a pause are said in words."""
    midwatch.ok("pause")
    midwatch.ok("kill", "--all")
    said = midwatch.ok("status")
    assert "KILL SWITCH ENGAGED" in said
    assert "paused" in said
    assert midwatch.json("status")["stop"]["since"]


def test_a_stop_file_made_by_hand_is_told(midwatch):
    """`touch STOP` shows at once, with when and by what, though nothing has recorded it."""
    midwatch.workspace.stop.touch()
    stop = midwatch.json("status")["stop"]
    assert (stop["engaged"], stop["by"]) == (True, "file")
    assert stop["since"]
    assert "KILL SWITCH ENGAGED" in midwatch.ok("status")
