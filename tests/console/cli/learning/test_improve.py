"""Tests of console.cli.learning.improve."""

from datetime import timedelta

import msgspec

from state.model import task as t
from tests.console.cli.learning.past import daily, write


def test_a_fresh_workspace_has_nothing_to_improve(midwatch):
    """Nothing is said of nothing, in words and in JSON."""
    assert midwatch.ok("improve", "suggest").startswith("nothing goes wrong often enough")
    assert midwatch.json("improve", "stats") == []


def test_what_takes_longer_than_estimated_is_told_with_figures(midwatch):
    """Ten builds that took thrice their estimate, from the record, in words and in JSON."""
    tasks = [
        msgspec.structs.replace(
            task, state=t.Done(build=task.build, note="", at=task.added_at + timedelta(hours=3 + number / 100))
        )
        for number, task in enumerate(daily(days=10, hours=1.0))
    ]
    write(midwatch.workspace, tasks)
    (one,) = midwatch.json("improve", "suggest")
    assert (one["kind"], one["cases"], one["n"]) == ("overrun", 10, 10)
    assert "estimate hours x3 for category bug_fix" in midwatch.ok("improve", "suggest")
    rows = {row["by"]: row for row in midwatch.json("improve", "stats")}
    assert rows["category"]["done"] == rows["runner"]["done"] == 10
    assert "10 of 10 (79% to 100%)" in midwatch.ok("improve", "stats")
