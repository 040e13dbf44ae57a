"""Tests of the pages of progress in the operator's folder."""

import json
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from engine.reports.subagents import PAUSE, STALE_AFTER, SubagentFiles, page_name, render_progress
from state.files import Workspace
from state.model import task as t
from state.model.build import Build, Check, Finished, Result, Running
from state.model.progress import Progress
from state.model.verdict import Finding, Stance
from state.model.view import View
from tests.making import NOON, a_build, a_task

RUNNING = Running(token="t", pid=1, start_ticks=1, boot="b")
TASK = a_task("tidy", t.Building(build="tidy-1"), attempts=1, criteria=("the sum is 1.0", "tests pass"))
BUILD = a_build("tidy-1", RUNNING, started_at=NOON)
PROGRESS = Progress(build="tidy-1", percent=40, step="adding", criteria=(True, False), commits=("add a test",))


def a_view(
    task: t.Task = TASK, build: Build = BUILD, progress: Progress | None = PROGRESS, after: timedelta = timedelta()
) -> View:
    """A view with one task and its build."""
    figures = {progress.build: progress} if progress else {}
    return View(at=NOON + after, tasks={task.label: task}, builds={build.id: build}, progress=figures)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the pages go."""
    return tmp_path / "subagents"


@pytest.fixture
def files(tmp_path: Path) -> SubagentFiles:
    """A writer of pages."""
    return SubagentFiles(Workspace(tmp_path))


def test_a_page_tells_all_that_is_asked_of_it() -> None:
    """Status, blockers, breakdown with boxes, percent, step, deliverables, commits, attempts and time."""
    build = msgspec.structs.replace(
        BUILD,
        deliverables=("report.md",),
        notes=("12 bytes of output were cut",),
        executed=Check(result=Result.YES, text="exit code 0"),
    )
    assert render_progress(TASK, build, PROGRESS, NOON) == (
        "# Tidy\n\n"
        "- **Label:** tidy\n"
        "- **Status:** building\n"
        "- **Progress:** 40 % (adding)\n"
        "- **Build:** tidy-1, attempt 1, running\n"
        "- **Started:** 2026-03-04T12:00:00+00:00\n"
        "- **Attempts:** 1, 0 failed in a row\n"
        "- **Updated:** 2026-03-04T12:00:00+00:00\n"
        "\n## Breakdown\n\n- [x] the sum is 1.0\n- [ ] tests pass\n"
        "\n## Blockers\n\nNone.\n"
        "\n## Proven\n\n- Executed: yes (exit code 0)\n- Verified: pending\n- Delivered: pending\n"
        "\n## Deliverables\n\n- report.md\n"
        "\n## Commits\n\n- add a test\n"
        "\n## Notes\n\n- 12 bytes of output were cut\n"
    )


@pytest.mark.parametrize(
    ("state", "blocker"),
    [
        (t.Held(findings=(Finding(rule="r", verdict=Stance.HOLD, text="no command"),)), "no command"),
        (t.AwaitingApproval(findings=(Finding(rule="r", verdict=Stance.ASK, text="a feature"),)), "a feature"),
        (t.AwaitingReview(build="tidy-1", digest="d"), "waits for review"),
        (t.AwaitingReview(build="tidy-1", digest="d", blocked="main is dirty"), "main is dirty"),
        (t.Retrying(at=NOON, text="exit code 1"), "exit code 1"),
        (t.Failed(build="tidy-1", text="exit code 2", at=NOON), "exit code 2"),
        (t.Killed(build="tidy-1", text="by ann", at=NOON), "by ann"),
        (t.Unknown(build="tidy-1", text="no exit code", at=NOON), "no exit code"),
    ],
)
def test_what_stands_in_the_way_is_told(state: t.TaskState, blocker: str) -> None:
    """Every state that does not go on by itself says why."""
    task = msgspec.structs.replace(TASK, state=state)
    assert f"## Blockers\n\n- {blocker}\n" in render_progress(task, BUILD, None, NOON)


def test_nothing_foreign_makes_a_line_of_its_own() -> None:
    """Line breaks and escape sequences in titles, steps, names and commits are made harmless."""
    evil = "a\n# b\x1b[2J\x1b]0;c\x07"
    task = a_task("tidy", title=evil, criteria=(evil,))
    build = msgspec.structs.replace(BUILD, deliverables=(evil,), notes=(evil,))
    page = render_progress(task, build, Progress(build="tidy-1", step=evil, commits=(evil,)), NOON)
    assert "\x1b" not in page
    assert "\n# b" not in page
    assert page.count("a # b") == 6


def test_pages_and_list_are_written(files: SubagentFiles, folder: Path) -> None:
    """A running build has a page and a row in active.json."""
    assert files.update(a_view()) == ("tidy",)
    assert (folder / "tidy-progress.md").read_text() == render_progress(TASK, BUILD, PROGRESS, NOON)
    assert json.loads((folder / "active.json").read_text()) == [
        {
            "label": "tidy",
            "title": "Tidy",
            "build": "tidy-1",
            "attempt": 1,
            "state": "running",
            "percent": 40,
            "step": "adding",
            "started_at": "2026-03-04T12:00:00Z",
            "files_changed": 0,
        }
    ]


def test_what_has_not_changed_is_not_written(files: SubagentFiles, folder: Path) -> None:
    """The same view again touches no file."""
    files.update(a_view())
    before = {file.name: file.stat().st_ino for file in folder.iterdir()}
    assert files.update(a_view(after=PAUSE * 2)) == ()
    assert {file.name: file.stat().st_ino for file in folder.iterdir()} == before


def test_figures_alone_are_written_now_and_then(files: SubagentFiles, folder: Path) -> None:
    """A build that reports all the time does not wear out the disk; a new state is told at once."""
    files.update(a_view())
    faster = msgspec.structs.replace(PROGRESS, percent=41)
    assert files.update(a_view(progress=faster, after=PAUSE / 2)) == ()
    assert files.postponed
    assert files.update(a_view(progress=faster, after=PAUSE)) == ("tidy",)
    assert not files.postponed
    verifying = msgspec.structs.replace(TASK, state=t.Verifying(build="tidy-1"))
    assert files.update(a_view(verifying, progress=faster, after=PAUSE)) == ("tidy",)
    assert "**Status:** verifying" in (folder / "tidy-progress.md").read_text()


def test_a_quiet_build_is_told_of_all_the_same(files: SubagentFiles) -> None:
    """Its page is never older than the promise, and a clock that went back does not stop it."""
    files.update(a_view())
    assert files.update(a_view(after=STALE_AFTER - timedelta(seconds=1))) == ()
    assert files.update(a_view(after=STALE_AFTER)) == ("tidy",)
    assert files.update(a_view(after=-STALE_AFTER)) == ("tidy",)


def over(build: Build = BUILD) -> Build:
    """The build after its end."""
    return msgspec.structs.replace(
        build, state=Finished(ending="done", text="", at=NOON), ended_at=NOON, percent=100, step="merged"
    )


DONE = msgspec.structs.replace(TASK, state=t.Done(build="tidy-1", note="merged", at=NOON))


def test_the_end_is_told_once_with_the_last_figures(files: SubagentFiles, folder: Path) -> None:
    """A build that is over gets a last page with the commits that were seen, and leaves the list."""
    files.update(a_view())
    assert files.update(a_view(DONE, over(), None)) == ("tidy",)
    page = (folder / "tidy-progress.md").read_text()
    assert "**Status:** done" in page
    assert "**Progress:** 100 % (merged)" in page
    assert "**Ended:** 2026-03-04T12:00:00+00:00" in page
    assert "- add a test" in page
    assert "- [x] the sum is 1.0" in page
    assert json.loads((folder / "active.json").read_text()) == []
    assert files.update(a_view(DONE, over(), None, STALE_AFTER * 2)) == ()


def test_an_end_that_came_while_no_engine_ran_is_told(tmp_path: Path, files: SubagentFiles, folder: Path) -> None:
    """A new engine finishes the pages of the builds that the one before it left running."""
    files.update(a_view())
    second = SubagentFiles(Workspace(tmp_path))
    assert second.update(a_view(DONE, over(), None)) == ("tidy",)
    assert "**Status:** done" in (folder / "tidy-progress.md").read_text()
    assert json.loads((folder / "active.json").read_text()) == []


def test_a_left_over_row_of_no_task_is_dropped(tmp_path: Path, files: SubagentFiles, folder: Path) -> None:
    """A list that names what the store does not know is mended, not obeyed."""
    files.update(a_view())
    assert SubagentFiles(Workspace(tmp_path)).update(View(at=NOON)) == ()
    assert json.loads((folder / "active.json").read_text()) == []


@pytest.mark.parametrize("junk", ["", "{", '[{"label": 3}]'])
def test_a_list_that_cannot_be_read_is_written_again(tmp_path: Path, folder: Path, junk: str) -> None:
    """Damage done by hand is no error."""
    folder.mkdir()
    (folder / "active.json").write_text(junk)
    SubagentFiles(Workspace(tmp_path)).update(a_view())
    assert len(json.loads((folder / "active.json").read_text())) == 1


def test_a_second_attempt_starts_with_its_own_figures(files: SubagentFiles, folder: Path) -> None:
    """Figures of an earlier build are not told of a later one, whose page takes the place of the earlier."""
    files.update(a_view())
    second = a_build("tidy-2", RUNNING)
    view = View(at=NOON, tasks={"tidy": TASK}, builds={"tidy-1": over(), "tidy-2": second})
    assert files.update(view, active=[second]) == ("tidy",)
    page = (folder / "tidy-progress.md").read_text()
    assert "tidy-2, attempt 2, running" in page
    assert "**Progress:** 0 %" in page
    assert "add a test" not in page


def test_no_label_leads_out_of_the_folder() -> None:
    """A label is only ever part of a file's name."""
    assert page_name("../../etc/x\0") == "..%2F..%2Fetc%2Fx%00-progress.md"
