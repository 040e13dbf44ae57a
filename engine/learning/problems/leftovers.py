"""Which folders of builds hold nothing that is not kept elsewhere."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from state.files import Workspace
from state.model.build import Build, Finished, Result


def spare(workspace: Workspace, builds: Iterable[Build], now: datetime, keep_s: float) -> Iterator[tuple[Build, Path]]:
    """Yield each such folder with its build, whether it is there or not: of builds that ended more than `keep_s` ago.

    Of a build with a repository that is its working tree, once its result is in the operator's branch or there is none.
    Of any build it is the copy on which it was verified. What a build printed stays, and the commits that it made.
    """
    for build in builds:
        if not over(build) or now - _ended(build) < timedelta(seconds=keep_s):
            continue
        yield build, workspace.verification(build.id).work
        if build.repo and _kept(build):
            paths = workspace.build(build.id)
            yield build, paths.work
            yield build, paths.root / "aside"


def over(build: Build) -> bool:
    """Whether nothing will be done with a build any more: it has finished, and is not being taken back."""
    return build.over and build.reversal is None and build.reverted.result is not Result.PENDING


def _kept(build: Build) -> bool:
    """Whether all that a build made is in the operator's branch."""
    assert isinstance(build.state, Finished)
    return build.delivered.result is Result.YES or (build.state.ending == "done" and not build.result)


def _ended(build: Build) -> datetime:
    assert isinstance(build.state, Finished)
    return build.state.at
