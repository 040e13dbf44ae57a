"""A verify command in a fresh sandbox, on a copy of what was made."""

import asyncio
import os
from pathlib import Path

import msgspec
import pytest

from engine.safety.processes import alive
from engine.work import verify, workspace
from engine.work.output import read_log
from engine.work.sandbox import SpawnRefused
from engine.work.verify import Report
from state.files import BuildPaths, Workspace
from tests.engine.work.repositories import built, repository
from tests.engine.work.running import build_in, confine, machine, run, start, until, workspace_in


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    return workspace_in(tmp_path)


@pytest.fixture
def made(place: Workspace) -> BuildPaths:
    return build_in(place, "tidy-1")


async def verified(place: Workspace, made: BuildPaths, command: str, commit: str = "", **more: object) -> Report | None:
    confinement = confine(made, "never run", **more)
    return await verify.run(place.verification("tidy-1"), made, commit, confinement, command, machine())


def check(place: Workspace, made: BuildPaths, command: str, **more: object) -> Report:
    report = asyncio.run(verified(place, made, command, **more))
    assert report is not None
    return report


def test_it_sees_what_was_made_and_cannot_change_it(place: Workspace, made: BuildPaths) -> None:
    """The command works on a copy: whatever it writes or removes, the result stays as the build left it."""
    (made.work / "sub").mkdir()
    (made.work / "sub" / "a.txt").write_text("made")
    (made.work / "link").symlink_to("sub/a.txt")
    report = check(place, made, "test $(cat link) = made && rm -r sub && echo new > b.txt")
    assert report == Report(passed=True, text=report.text) and "passed" in report.text
    assert (made.work / "sub" / "a.txt").read_text() == "made"
    assert not (made.work / "b.txt").exists()
    assert not (place.verification("tidy-1").work / "sub").exists()


def test_what_is_no_file_is_left_out(place: Workspace, made: BuildPaths) -> None:
    """A pipe that the build made would stop a copy for ever; a link to the operator's files stays a link."""
    os.mkfifo(made.work / "pipe")
    (made.work / "secret").symlink_to("/etc/shadow")
    report = check(place, made, "test ! -e pipe && test -L secret && ! cat secret")
    assert report.passed, report.text


def test_a_failure_tells_its_code_and_last_words(place: Workspace, made: BuildPaths) -> None:
    """What the operator reads first."""
    report = check(place, made, "echo all is well; echo two tests failed >&2; exit 5")
    assert not report.passed
    assert "exit code 5" in report.text and "two tests failed" in report.text


def test_a_check_that_does_not_end_is_ended_and_does_not_count(place: Workspace, made: BuildPaths) -> None:
    """The limits of the build hold for its verification too."""
    report = check(place, made, "sleep 60", limits={"time_s": 0.3})
    assert not report.passed and "did not end by itself" in report.text


def test_what_it_prints_is_cut_to_size_and_that_is_told(place: Workspace, made: BuildPaths) -> None:
    """Its output takes no more room than a build's."""
    report = check(place, made, "yes | head -c 4000000", limits={"output_bytes": 1 << 20})
    assert report.passed and report.cut_bytes > 2_000_000
    assert len(read_log(place.verification("tidy-1"))) < 1 << 20


def test_one_that_fills_the_disk_is_ended_and_does_not_count(place: Workspace, made: BuildPaths) -> None:
    """What it makes is thrown away in any case, so it is not held but ended, and says at which limit."""
    report = check(
        place,
        made,
        "head -c 4000000 /dev/zero > big; sync; touch again; sleep 4; touch end",
        limits={"disk_bytes": 1 << 20},
    )
    assert not report.passed and "at a limit: disk" in report.text
    assert not (place.verification("tidy-1").work / "end").exists()


def test_a_second_run_begins_afresh(place: Workspace, made: BuildPaths) -> None:
    """Neither files nor processes nor an exit code of the run before are left."""
    assert check(place, made, "touch left").passed
    old = start(place.verification("tidy-1"), "sleep 60")
    assert check(place, made, "test ! -e left").passed
    assert not alive(old)


def test_a_commit_is_checked_as_it_would_be_merged(place: Workspace, tmp_path: Path) -> None:
    """The files are those of the commit, not those of the workspace, where a build may leave anything."""
    repo = repository(tmp_path / "repo", {"a.txt": "a\n", ".gitignore": "*.o\n"})
    made = place.build("tidy-1")
    made.root.mkdir(parents=True)

    async def scene() -> Report | None:
        _, collected = await built(made, repo, {"a.txt": "b\n", "junk.o": "a build's own"})
        mounts = await workspace.mounts(made, str(repo))
        command = "test $(cat a.txt) = b && test ! -e junk.o"
        return await verified(place, made, command, collected.result, mounts=mounts)

    report = asyncio.run(scene())
    assert report is not None and report.passed, report


def test_one_that_nobody_wants_any_more_does_not_start(place: Workspace, made: BuildPaths) -> None:
    """Asked in the last moment: a kill that came while the copy was made is heeded."""
    asked: list[bool] = []

    def withdrawn() -> bool:
        asked.append((place.verification("tidy-1").work).is_dir())
        return True

    async def scene() -> Report | None:
        paths = place.verification("tidy-1")
        return await verify.run(paths, made, "", confine(made, ""), "touch ran", machine(), withdrawn)

    assert asyncio.run(scene()) is None
    assert asked == [True]
    assert not place.verification("tidy-1").process.exists()


def test_without_a_sandbox_nothing_is_checked(place: Workspace, made: BuildPaths) -> None:
    """Where none can be made the check is refused, not run in the open."""
    broken = msgspec.structs.replace(machine(), trouble="no sandbox here")
    with pytest.raises(SpawnRefused, match="no sandbox here"):
        asyncio.run(verify.run(place.verification("tidy-1"), made, "", confine(made, ""), "touch ran", broken))
    assert not (place.verification("tidy-1").work / "ran").exists()


def test_a_check_is_cancelled_without_leaving_the_loop_behind(place: Workspace, made: BuildPaths) -> None:
    """An engine that leaves in the middle leaves the command running for the next one to end."""

    async def scene() -> None:
        checking = asyncio.create_task(verified(place, made, "touch here; sleep 60"))
        await asyncio.to_thread(until, (place.verification("tidy-1").work / "here").exists, "it runs")
        checking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await checking

    asyncio.run(scene())
    assert place.verification("tidy-1").process.exists()
    assert check(place, made, "true").passed
    assert run(build_in(place, "other-1"), "true") == 0
