"""Which folders of builds are kept elsewhere as well."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.learning.problems.leftovers import over, spare
from state.files import Workspace
from state.model import build as b
from state.model.brakes.reversal import Reversal
from tests.making import NOON, a_build

DAY_S = 86_400.0
MERGED = b.Check(result=b.Result.YES)


def names(build: b.Build, keep_s: float = 0.0, days: float = 20) -> list[str]:
    """What of one build is spare so many days after its end, relative to the folder of builds."""
    workspace = Workspace(Path("/ws"))
    found = spare(workspace, [build], NOON + timedelta(days=days), keep_s)
    return [str(path.relative_to(workspace.builds)) for _, path in found]


def over_build(ending: str = "done", **changes: Any) -> b.Build:
    fields: dict[str, Any] = {"repo": "/code", "result": "c0ffee", **changes}
    return a_build("tidy-1", b.Finished(ending=ending, text="", at=NOON), **fields)


TREES = ["tidy-1.verify/work", "tidy-1/work", "tidy-1/aside"]


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (over_build(delivered=MERGED), TREES),
        (over_build(result=""), TREES),
        (over_build(), TREES[:1]),
        (over_build("failed"), TREES[:1]),
        (over_build("killed", result=""), TREES[:1]),
        (over_build(repo="", result=""), TREES[:1]),
        (over_build(delivered=MERGED, reversal=Reversal(by="a", why="", asked_at=NOON)), []),
        (over_build(delivered=MERGED, reverted=b.Check(result=b.Result.PENDING)), []),
    ],
)
def test_only_what_is_kept_elsewhere(build: b.Build, expected: list[str]) -> None:
    """Merged results and copies of results: never what a failed build left, nor the only copy of what one made."""
    assert names(build) == expected


@pytest.mark.parametrize(
    "state",
    [
        b.Preparing(),
        b.Starting(token="t"),
        b.Running(token="t", pid=1, start_ticks=1, boot="b"),
        b.Ended(exit_code=0),
        b.Checking(candidate="c"),
        b.Reviewing(digest="d"),
        b.Delivering(old="o", new="n"),
    ],
)
def test_a_build_that_is_not_over_has_nothing_to_spare(state: b.BuildState) -> None:
    """Whatever else is said of it."""
    build = a_build("tidy-1", state, repo="/code", result="c", delivered=MERGED)
    assert not over(build)
    assert names(build) == []


def test_it_is_kept_for_as_long_as_the_settings_say() -> None:
    """The day counts from its end."""
    build = over_build(delivered=MERGED)
    assert names(build, 14 * DAY_S, days=13.9) == []
    assert names(build, 14 * DAY_S, days=14) == TREES
