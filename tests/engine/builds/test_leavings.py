"""What is read of a build once nothing of it runs any more."""

from pathlib import Path

import pytest

from engine.builds import leavings
from state.files import BuildPaths
from state.model.progress import Progress
from tests.making import a_build


@pytest.fixture
def paths(tmp_path: Path) -> BuildPaths:
    """A build's folder with a file of its making and a word on what it did outside."""
    paths = BuildPaths(tmp_path / "tidy-1")
    paths.work.mkdir(parents=True)
    (paths.work / "made").write_text("x")
    paths.output.write_text('::did open_ticket {"id": 7}\n')
    return paths


@pytest.mark.parametrize(
    ("said", "code", "files"),
    [('{"exit-code": 0}', 0, ("made",)), ('{"exit-code": 3}', 3, None), ("", None, None)],
)
def test_files_are_only_looked_for_where_they_are_delivered(
    paths: BuildPaths, said: str, code: int | None, files: tuple[str, ...] | None
) -> None:
    """Those of a build that failed are nobody's, and what it did outside counts however it ended."""
    paths.status.write_text(said)
    left = leavings.read(paths, repo=False)
    assert (left.code, left.files, [deed.name for deed in left.did]) == (code, files, ["open_ticket"])
    assert leavings.read(paths, repo=True).files is None


def test_the_last_figures_are_kept_with_the_build() -> None:
    """Memory that was never measured is unknown, and not none."""
    build = leavings.counted(a_build(), Progress(build="tidy-1", percent=40, cpu_s=1.5, calls=2, spent=30))
    assert (build.percent, build.cpu_s, build.calls, build.spent, build.memory_bytes) == (40, 1.5, 2, 30, None)
