"""The pane of active builds shows how far they are."""

from datetime import timedelta

import msgspec
from textual.pilot import Pilot

from state.model import build as b
from state.model.brakes.hold import Hold
from state.model.progress import Progress
from tests.making import NOON, a_build
from tests.widgets.stage import Stage, lines_of, play
from widgets.builds import ActiveBuild, BuildsPane

RUNNING = b.Running(token="x", pid=1, start_ticks=1, boot="x")


def test_shows_the_latest_figures() -> None:
    """The live figures stand in for those of the record, which come later."""
    pane = BuildsPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        build = a_build("fix-2", RUNNING, percent=10, step="old step")
        pane.update_rows({build.id: ActiveBuild(build, None)})
        await pilot.pause()
        assert "10%" in lines_of(pane)[0]
        assert "old step" in lines_of(pane)[0]
        progress = Progress(build=build.id, percent=50, step="new step", files_changed=3)
        pane.update_rows({build.id: ActiveBuild(build, progress)})
        await pilot.pause()
        line = lines_of(pane)[0]
        assert "▶ running" in line
        assert "50%" in line
        assert "fix #2" in line
        assert "new step" in line
        assert "old step" not in line
        assert pane.records[build.id].files_changed == 3

    play(pane, scene, (80, 12))


def test_old_figures_do_not_outlive_the_command() -> None:
    """Once the command has ended, the record counts, and one that ended well is all there."""
    stale = Progress(build="fix-1", percent=60, step="proving it", files_changed=10)
    build = a_build(
        "fix-1", b.Reviewing(digest="d"), files_changed=2, percent=60, executed=b.Check(result=b.Result.YES)
    )
    shown = ActiveBuild(build, stale)
    assert (shown.percent, shown.files_changed, shown.step) == (100, 2, "")


def test_says_that_there_is_no_sandbox() -> None:
    """A build without a sandbox says so in its row."""
    pane = BuildsPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.update_rows({"x-1": ActiveBuild(a_build("x-1", RUNNING, sandboxed=False), None)})
        await pilot.pause()
        assert "NO SANDBOX" in lines_of(pane)[0]

    play(pane, scene, (80, 12))


def test_says_what_a_build_stands_still_for() -> None:
    """A held build shows the figure in place of its step."""
    pane = BuildsPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        hold = Hold(figure="files", used=11, limit=10, text="?", since=NOON)
        build = a_build("fix-1", RUNNING, step="writing", hold=hold)
        pane.update_rows({build.id: ActiveBuild(build, Progress(build=build.id, step="writing"))})
        await pilot.pause()
        line = lines_of(pane)[0]
        assert "■ held" in line and "files 11 of 10" in line and "writing" not in line

    play(pane, scene, (80, 12))


def test_oldest_first() -> None:
    """Builds stand in the order in which they began."""
    pane = BuildsPane()
    young = a_build("young-1", created_at=NOON + timedelta(minutes=1))
    pane.update_rows({"young-1": ActiveBuild(young, None), "old-1": ActiveBuild(a_build("old-1"), None)})
    assert pane.keys == ["old-1", "young-1"]


def test_tells_of_a_limit_that_comes_near() -> None:
    """From half of it on, the nearest limit stands before the step as a bar with its figures; before that, nothing."""
    build = a_build("x-1", RUNNING, started_at=NOON)
    build = msgspec.structs.replace(build, limits=msgspec.structs.replace(build.limits, files=10))

    def step(files: int) -> str:
        shown = ActiveBuild(build, Progress(build="x-1", files_changed=files, step="writing", life_at=NOON))
        return BuildsPane().cells(shown)[-1].text

    assert step(4) == "writing"
    assert step(5) == "files ██░░ 5/10 · writing"
    assert step(9) == "files ████ 9/10 · writing"
    held = msgspec.structs.replace(build, hold=Hold(figure="files", used=11, limit=10, text="", since=NOON))
    told = BuildsPane().cells(ActiveBuild(held, Progress(build="x-1", files_changed=11, life_at=NOON)))
    assert told[0].text == "■ held" and "files 11 of 10" in told[-1].text
