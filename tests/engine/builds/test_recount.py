"""When the changes of a running build are counted again."""

import asyncio
from pathlib import Path

import pytest

from engine.builds import recount
from engine.builds.recount import Recount
from engine.work import workspace
from state.files import BuildPaths
from state.model.progress import Progress
from tests.engine.work.repositories import repository


@pytest.fixture
def paths(tmp_path: Path) -> BuildPaths:
    made = BuildPaths(tmp_path / "build")
    repo = repository(tmp_path / "repo")
    asyncio.run(workspace.prepare(made, str(repo), "main", label="tidy", sandboxed=False))
    return made


def test_without_a_repository_the_watch_alone_counts(tmp_path: Path) -> None:
    """Nothing is ever due."""
    count = Recount(BuildPaths(tmp_path), repo=False)
    count.seen(Progress(build="b", files_changed=3))
    assert count.files is None and count.rest_s() == float("inf")
    assert not asyncio.run(count.count())


def test_it_counts_at_once_then_once_more_and_then_when_something_was_seen(
    paths: BuildPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same figures again are nothing to count for; a pause lies between two counts."""
    monkeypatch.setattr(recount, "_LATE_S", 0.0)
    count = Recount(paths, repo=True)
    (paths.work / "new").write_text("")
    assert asyncio.run(count.count()) and count.files == 1
    assert asyncio.run(count.count())
    assert count.rest_s() == float("inf") and not asyncio.run(count.count())
    (paths.work / "newer").write_text("")
    count.seen(Progress(build="b", files_changed=1))
    assert 0 < count.rest_s() < 60
    count.seen(Progress(build="b", files_changed=1))
    asyncio.run(count.count_now())
    assert count.files == 2 and count.rest_s() == float("inf")


def test_what_cannot_be_counted_is_left_to_the_watch(paths: BuildPaths) -> None:
    """The watch's number is more than what counts, never less: so the limit still bites."""
    (paths.git / "index").write_bytes(b"torn")
    count = Recount(paths, repo=True)
    assert asyncio.run(count.count())
    assert count.files is None
