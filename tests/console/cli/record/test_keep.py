"""Tests of console.cli.record.keep."""

import stat
import subprocess
from datetime import UTC, datetime, timedelta

from state.files import Workspace
from state.keeping import heads
from state.store import Store
from tests.making import a_task
from tests.state.making import ASKED


class _Then:
    """A clock that stands still some days ago."""

    def __init__(self, days: int) -> None:
        self.days = days

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(days=self.days)


def written(workspace: Workspace, *days_ago: int) -> None:
    """One entry on each of some days."""
    for days in days_ago:
        with Store.open(workspace, _Then(days)) as store:
            store.commit([a_task(f"task-{days}")], ASKED)


def test_the_head_is_the_last_entry(midwatch):
    """By number and hash; there is none of an empty record."""
    code, complaint = midwatch.fails("audit", "head")
    assert code == 1 and "empty" in complaint
    midwatch.add("one")
    told = midwatch.json("audit", "head")
    assert told.keys() == {"seq", "hash", "at"}
    assert midwatch.ok("audit", "head").strip() == f"{told['seq']}:{told['hash']}"
    assert told["hash"] == midwatch.json("audit", "verify")["head"]


def test_the_head_goes_everywhere_that_the_settings_name(midwatch, repo):
    """A line in the reports, a note in the repository, a line to a program; what fails is told, the rest goes on."""
    program = midwatch.root / "told"
    program.write_text("#!/bin/sh\ncat >> got\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    settings = midwatch.root / "midwatch.toml"
    plain = settings.read_text()
    settings.write_text(f'{plain}\n[audit]\nhead_command = "{program}"\n')
    midwatch.add("one", "--repo", str(repo))
    told = midwatch.json("audit", "publish")
    assert [place["ok"] for place in told["places"]] == [True, True, True]
    [head] = heads.read(heads.place(midwatch.workspace))
    assert (head.seal.seq, head.seal.hash) == (told["seq"], told["hash"])
    assert told["hash"] in (midwatch.root / "got").read_text()
    listed = subprocess.run(
        ["git", "notes", "--ref=midwatch", "show", "HEAD"], cwd=repo, check=True, capture_output=True, text=True
    )
    assert told["hash"] in listed.stdout
    settings.write_text(f'{plain}\n[audit]\nhead = ["report"]\nhead_command = "false"\n')
    done = midwatch.run("audit", "publish")
    assert done.returncode == 1 and "`false` ended with 1" in done.stdout
    assert len(heads.read(heads.place(midwatch.workspace))) == 2
    settings.write_text(plain)
    repo.rename(repo.parent / "elsewhere")
    assert "it is gone" in midwatch.ok("audit", "publish")


def test_pruning_takes_out_whole_days_and_says_so(midwatch):
    """First only in words; then the old days are gone, and the proof says what was pruned and from where it holds."""
    written(midwatch.workspace, 100, 95, 1)
    assert "would go" in midwatch.ok("audit", "prune", "--dry-run")
    plan = midwatch.json("audit", "prune", "--dry-run")["plan"]
    assert (plan["first"], plan["last"]["seq"], len(plan["names"])) == (1, 2, 2)
    assert midwatch.json("audit", "verify")["first"] == 1
    told = midwatch.json("audit", "prune")
    assert told["anchor"]["cut"]["first"] == 3
    assert "entries 1 to 2" in told["text"]
    text = midwatch.ok("audit", "verify")
    assert "entries 1 to 2 were pruned" in text and "the chain holds from 3" in text
    assert "nothing was pruned" in midwatch.ok("audit", "prune")
    assert midwatch.json("queue", "--all")


def test_an_archive_proves_what_was_pruned(midwatch):
    """With it the whole chain is followed from its first entry on."""
    written(midwatch.workspace, 100, 1)
    archive = midwatch.root / "old"
    settings = midwatch.root / "midwatch.toml"
    settings.write_text(f'{settings.read_text()}\n[audit]\nkeep = "forever"\narchive = "{archive}"\n')
    code, complaint = midwatch.fails("audit", "prune")
    assert code == 1 and "--before" in complaint
    midwatch.ok("audit", "prune", "--before", f"{datetime.now(UTC) - timedelta(days=50):%Y-%m-%d}")
    answer = midwatch.json("audit", "verify", "--archive", str(archive))
    assert (answer["ok"], answer["first"], answer["entries"]) == (True, 1, 3)
    assert "in the archive" in midwatch.ok("audit", "verify", "--archive", str(archive))
