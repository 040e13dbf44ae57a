"""What is fixed, and what is only said to be."""

from datetime import timedelta
from pathlib import Path

import pytest

from console.cli.base import Refused
from console.cli.learning import fixing, looking
from engine.clock import SystemClock
from state.files import Workspace
from state.model import build as b
from state.model.learning.problem import Fix
from state.model.when.schedule import Ran, Run, ScheduleState
from state.store import Store
from tests.console.cli.learning.test_looking import hand
from tests.engine.engines import SETUP
from tests.making import ManualClock, a_build, a_task

NOW = SystemClock().now()
AGO = NOW - timedelta(hours=2)
SNAPSHOT = ScheduleState(
    name="snapshot",
    timing="x",
    last=Run(slot=AGO, by="engine", started_at=AGO, ended_at=AGO, outcome=Ran.FAILED, exit_code=4, text="busy"),
)
TIDY = '\n[problems]\nkeep_builds = 0\nleftovers = "64K"\n'


def test_a_schedule_is_run_once_more(tmp_path: Path) -> None:
    """Only said in a rehearsal; then asked for, on record, and not a second time for the same run."""
    here = hand(tmp_path, SNAPSHOT, settings="\n[schedules]\ndefaults = true\n")
    found = looking.look(here)
    wanted = [seen for seen in found.seen if seen.fix is Fix.RERUN]
    assert [one.text for one in fixing.rehearse(here, found, wanted)] == ["snapshot to be run once more"]
    looking.note(here, found)
    [done] = fixing.fix(here, found, wanted)
    assert (done.id, done.ok) == ("schedule:snapshot", True)
    with Store.open(Workspace(tmp_path), SystemClock()) as store:
        assert store.schedules["snapshot"].asked_by.startswith("operator:")
        assert store.problems["schedule:snapshot"].fixes == 1
    again = looking.look(here)
    assert [seen.fix for seen in again.seen if seen.id == done.id] == [Fix.NONE]


def test_old_entries_are_pruned(tmp_path: Path) -> None:
    """What the settings keep no longer goes, as `audit prune` has it."""
    here = hand(tmp_path)
    found = looking.look(here)
    wanted = [seen for seen in found.seen if seen.fix is Fix.PRUNE]
    assert [seen.id for seen in wanted] == []
    with Store.open(Workspace(tmp_path), ManualClock(NOW)) as store:
        store.commit([a_task("tidy")], SETUP)
    found = looking.look(here)
    wanted = [seen for seen in found.seen if seen.fix is Fix.PRUNE]
    [would] = fixing.rehearse(here, found, wanted)
    assert would.ok and "to prune" in would.text
    looking.note(here, found)
    [done] = fixing.fix(here, found, wanted)
    assert done.ok and done.freed_bytes > 0
    assert looking.look(here).facts.prunable_bytes == 0


def test_two_problems_of_one_cause_are_fixed_at_once(tmp_path: Path) -> None:
    """Room is made once, and both are told of it; nothing is begun that may not be."""
    ended = b.Finished(ending="done", text="", at=AGO)
    build = a_build("tidy-1", ended, repo="/code", result="c", delivered=b.Check(result=b.Result.YES))
    here = hand(tmp_path, a_task("tidy"), build)
    workspace = Workspace(tmp_path)
    workspace.settings.write_text(TIDY)
    work = workspace.build("tidy-1").work
    work.mkdir(parents=True)
    (work / "big").write_bytes(b"x" * 200_000)
    found = looking.look(here)
    [left] = [seen for seen in found.seen if seen.id == "growing:old-builds"]
    with pytest.raises(Refused, match="there is no problem"):
        fixing.fix(here, found, [left])
    assert work.exists()
    looking.note(here, found)
    both = fixing.rehearse(here, found, [left, left])
    assert [one.text.partition(",")[0] for one in both] == ["1 folder of old builds to remove"] * 2
    [done] = fixing.fix(here, found, [left])
    assert done.ok and done.freed_bytes >= 200_000 and not work.exists()
    assert fixing.fix(here, found, []) == []
