"""Limits that bite while a build runs: frozen, asked about, and let go, raised or killed through the command line."""

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.safety import groups, record
from engine.safety.tree import Tree
from state.model.build import Running
from tests.engine.work.repositories import git, repository
from tests.front.midwatch import Space, until

NO_RATES = '[limits.rates]\ncalls_per_min = "none"\nusd_per_h = "none"\nfiles_per_h = "none"\n'
WAIT = "while ! test -e go; do sleep 0.05; done"
IGNORE = {".gitignore": "go\n"}


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace in which only what one build may use is limited."""
    return open_space(NO_RATES)


def writes(count: int, after: str = WAIT) -> str:
    """A command that writes so many files and goes on."""
    return f"for i in $(seq {count}); do echo $i > f$i; done; {after}"


def held(space: Space, label: str) -> dict[str, Any]:
    """Wait until the operator sees a task's build held, and insist that every process of it is."""
    found = space.held(label)
    assert found["state"] == "held"
    assert stands_still(space, found["build"])
    told: dict[str, Any] = found["held"]
    return told


def stands_still(space: Space, build: str) -> bool:
    """Whether the kernel says of every process of a build that it is frozen or stopped."""
    paths = space.paths.build(build)
    known = record.read(paths)
    assert known is not None
    with Tree(paths, known) as tree:
        living = tree.living()
        assert living
        return groups.frozen(tree.groups) or all(found.state in "Tt" for found in living.values())


def test_eleven_files_are_held_until_the_operator_lets_them_be_merged(space: Space, tmp_path: Path) -> None:
    """Seen in the status, allowed once, finished, verified and merged."""
    repo = repository(tmp_path / "repo", IGNORE)
    space.add("wide", writes(11), "--repo", str(repo), "--verify", "test -e f11")
    with space.engine():
        told = held(space, "wide")
        assert (told["figure"], told["used"], told["limit"]) == ("files", 11, 10)
        (question,) = space.escalations("wide")
        assert question["kind"] == "limit_reached" and "files 11 of 10" in question["text"]
        assert "held: files 11 of 10" in space.ok("status")
        assert "files 11 of 10" in space.ok("why", "wide")
        assert "held: files 11 of 10" in (space.root / "subagents/wide-progress.md").read_text()
        space.go("wide-1")
        assert stands_still(space, "wide-1")
        assert "up to files 21" in space.ok("approve", "wide", "--why", "they belong together")
        assert space.wait("wide", "done", "failed", "awaiting_review") == "done"
    assert git(repo, "show", "main:f11") == "11"
    assert [action for action in space.actions("wide") if "hold" in action or "held" in action] == [
        "build_held",
        "hold_approved",
    ]


def test_denied_it_dies_where_it_stands_and_its_work_is_kept(space: Space) -> None:
    """A no kills; what it wrote stays in its folder."""
    space.add("wide", writes(11))
    with space.engine():
        held(space, "wide")
        assert "dead in" in space.ok("deny", "wide")
        assert space.wait("wide", "killed") == "killed"
        assert space.escalations("wide") == []
    assert (space.paths.build("wide-1").work / "f11").read_text() == "11\n"


def test_raised_it_goes_on_and_so_does_the_next_build(space: Space) -> None:
    """Until midnight the task's builds may use more; another task may not."""
    space.add("wide", writes(11))
    space.add("other", writes(11))
    with space.engine():
        held(space, "wide")
        complaint = space.fails(1, "raise", "wide", "--to", "5")
        assert "used 11 already" in complaint
        assert "no limit" in space.fails(2, "raise", "wide", "--to", "many")
        space.go("wide-1")
        assert "up to 12" in space.ok("raise", "wide", "--to", "12")
        assert space.wait("wide", "done") == "done"
        space.ok("retry", "wide")
        until((space.paths.build("wide-2").work / "f11").exists, "the next one to have written it all")
        space.go("wide-2")
        assert space.wait("wide", "done") == "done"
        held(space, "other")
    assert space.build("wide-2").limits.files == 12 and space.build("wide-2").held_s == 0


def test_ten_files_pass_untouched(space: Space, tmp_path: Path) -> None:
    """What is allowed is not asked about."""
    repo = repository(tmp_path / "repo", IGNORE)
    space.add("fine", writes(10, "sleep 1"), "--repo", str(repo), "--verify", "true")
    space.work()
    assert space.state("fine") == "done"
    assert not {"build_held", "review_asked"} & set(space.actions("fine"))


@pytest.mark.parametrize(
    ("within", "beyond", "figure"), [("calls=1000", "calls=1", "calls"), ("usd=100", "usd=0.01", "spent")]
)
def test_calls_and_money_are_held_alike(space: Space, within: str, beyond: str, figure: str) -> None:
    """The limit itself passes; the first thing beyond it stops the build, and a yes lets it end."""
    say = f"echo '::usage {within}'; sleep 1; touch within; {WAIT}; rm go; echo '::usage {beyond}'; {WAIT}"
    space.add("busy", say)
    with space.engine():
        until((space.paths.build("busy-1").work / "within").exists, "all that is allowed to be used")
        (row,) = space.json("status")["active"]
        assert row["held"] is None and row["calls" if figure == "calls" else "spent_micro"] in (1000, 100_000_000)
        space.go("busy-1")
        assert held(space, "busy")["figure"] == figure
        space.go("busy-1")
        space.ok("approve", "busy")
        assert space.wait("busy", "done") == "done"


@pytest.mark.slow
def test_a_held_build_outlives_the_engine_and_is_neither_late_nor_silent(open_space: Callable[..., Space]) -> None:
    """Killed -9 and started again, the engine finds it held; nothing of that time counts against the build."""
    space = open_space(f'{NO_RATES}[limits]\ntime = "3s"\n[stall]\nafter = "3s"\n')
    space.add("wide", writes(11))
    engine = space.begin()
    held(space, "wide")
    engine.kill()
    process = space.build("wide-1").state
    assert isinstance(process, Running)
    # What wakes it while no engine runs does not let it get away.
    known = record.read(space.paths.build("wide-1"))
    assert known is not None
    groups.thaw(known.groups)
    with space.engine() as next_engine:
        until(lambda: stands_still(space, "wide-1"), "it to be frozen again")
        since = held(space, "wide")["since"]
        until(lambda: _seconds(space, since) > 5, "more time to pass than it may run or be silent")
        assert {question["kind"] for question in space.escalations("wide")} == {"limit_reached"}
        space.go("wide-1")
        space.ok("approve", "wide")
        assert space.wait("wide", "done", "failed", "retrying") == "done"
        next_engine.tell(signal.SIGTERM)
    assert space.build("wide-1").held_s > 5
    assert "build_stalled" not in space.actions("wide")


def _seconds(space: Space, since: str) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds()
