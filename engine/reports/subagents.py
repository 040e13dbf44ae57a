"""A page of progress for each task that has been built, kept in the operator's `subagents` folder."""

import os
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import msgspec

from state.disk import DISK
from state.files import Workspace, atomic_write
from state.model.build import Build, Check, Result
from state.model.progress import Progress
from state.model.record import Noun
from state.model.task import AwaitingApproval, AwaitingReview, Failed, Held, Killed, Retrying, Task, Unknown
from state.model.view import View
from state.text import one_line

FOLDER = "subagents"
ACTIVE = "active.json"
STALE_AFTER = timedelta(hours=1)
"""A running build's page is written again after so long even when nothing has changed."""
PAUSE = timedelta(seconds=5)
"""Figures alone are written no more often than this; a new state is written at once."""

_WIDTH = 300


class ActiveBuild(Noun, frozen=True, kw_only=True):
    """A build that is not over, as `active.json` lists it."""

    label: str
    title: str
    build: str
    attempt: int
    state: str
    percent: int
    step: str
    started_at: datetime | None
    files_changed: int


class _Written(Noun, frozen=True, kw_only=True):
    """What a page was last made from."""

    task: Task
    build: Build
    progress: Progress | None
    at: datetime


class SubagentFiles:
    """Writes the pages; only those whose content has changed. One at a time: it is not safe from two threads."""

    postponed = False
    """Whether the last round left figures for a later one, which should come after `PAUSE` though nothing changes."""

    def __init__(self, workspace: Workspace) -> None:
        self._folder = workspace.root / FOLDER
        self._written: dict[str, _Written] = {}
        self._listed: bytes | None = None
        self._unfinished = _left_active(self._folder / ACTIVE)

    def update(self, view: View, active: Iterable[Build] | None = None, also: Iterable[str] = ()) -> tuple[str, ...]:
        """Bring the files in line with a view and return the labels whose page was written. Raises OSError.

        `active` are the builds that are not over; a caller who knows them saves a walk over all builds. `also` are
        labels of tasks that may have begun and ended since the last call.
        """
        if active is None:
            active = (build for build in view.builds.values() if not build.over)
        running = {build.label: build for build in active}
        self._folder.mkdir(exist_ok=True)
        self.postponed = False
        written = []
        for label in sorted(running.keys() | self._unfinished | set(also)):
            build = running.get(label) or _latest(view, label)
            task = view.tasks.get(label)
            if task is None or build is None:
                self._unfinished.discard(label)
                continue
            if self._write(task, build, view.progress.get(build.id), view.at):
                written.append(label)
            if build.over:
                self._unfinished.discard(label)
                del self._written[label]
            else:
                self._unfinished.add(label)
        if written:
            DISK.sync_folder(self._folder)
        self._list(running.values(), view)
        return tuple(written)

    def _write(self, task: Task, build: Build, progress: Progress | None, now: datetime) -> bool:
        last = self._written.get(task.label)
        if progress is None and last is not None and last.build.id == build.id:
            # Figures are volatile: those of a build that has ended are the last that were seen.
            progress = last.progress
        if last is not None and last.task is task and last.build is build:
            age = now - last.at
            # A clock that went back makes an age below zero: the page is then written again.
            due = STALE_AFTER if last.progress == progress else PAUSE
            if timedelta(0) <= age < due:
                self.postponed = self.postponed or last.progress != progress
                return False
        page = self._folder / page_name(task.label)
        atomic_write(page, render_progress(task, build, progress, now), named=False)
        self._written[task.label] = _Written(task=task, build=build, progress=progress, at=now)
        return True

    def _list(self, running: Iterable[Build], view: View) -> None:
        listed = encode_active(running, view)
        if listed != self._listed:
            atomic_write(self._folder / ACTIVE, listed)
            self._listed = listed


def page_name(label: str) -> str:
    """Return the file name of a task's page; whatever the label, it names a file in the folder."""
    return f"{quote(label, safe='')}-progress.md"


def encode_active(builds: Iterable[Build], view: View) -> bytes:
    """Return `active.json`: a list of ActiveBuild by label, indented for people."""
    rows = []
    for build in sorted(builds, key=lambda build: build.label):
        task = view.tasks.get(build.label)
        figures = _figures(build, view.progress.get(build.id))
        rows.append(
            ActiveBuild(
                label=build.label,
                title=one_line(task.spec.title, _WIDTH) if task else "",
                build=build.id,
                attempt=build.attempt,
                state=build.state_name if build.hold is None else "held",
                percent=figures.percent,
                step=one_line(figures.step, _WIDTH),
                started_at=build.started_at,
                files_changed=figures.files_changed,
            )
        )
    return msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"


def render_progress(task: Task, build: Build, progress: Progress | None, now: datetime) -> str:
    """Return a task's page in Markdown: status, blockers, breakdown by criteria, deliverables, commits and attempts."""
    figures = _figures(build, progress)
    lines = [
        f"# {one_line(task.spec.title, _WIDTH)}",
        "",
        f"- **Label:** {one_line(task.label, _WIDTH)}",
        f"- **Status:** {task.state_name.replace('_', ' ')}",
        f"- **Progress:** {figures.percent} %" + (f" ({one_line(figures.step, _WIDTH)})" if figures.step else ""),
        f"- **Build:** {build.id}, attempt {build.attempt}, {_state(build)}",
        f"- **Started:** {_time(build.started_at)}",
    ]
    if build.ended_at is not None:
        lines.append(f"- **Ended:** {_time(build.ended_at)}")
    lines.append(f"- **Attempts:** {task.attempts}, {task.failures} failed in a row")
    lines.append(f"- **Updated:** {_time(now)}")
    lines += _section("Breakdown", [f"- [{'x' if done else ' '}] {text}" for text, done in _breakdown(task, progress)])
    lines += _section("Blockers", [f"- {one_line(text, _WIDTH)}" for text in _blockers(task, build)])
    lines += _section("Proven", _proven(build))
    lines += _section("Deliverables", [f"- {one_line(name, _WIDTH)}" for name in build.deliverables])
    lines += _section("Commits", [f"- {one_line(text, _WIDTH)}" for text in (progress.commits if progress else ())])
    lines += _section("Notes", [f"- {one_line(text, _WIDTH)}" for text in build.notes])
    return "\n".join(lines) + "\n"


def _figures(build: Build, progress: Progress | None) -> Progress:
    if progress is not None and not build.over:
        return progress
    return Progress(build=build.id, percent=build.percent, step=build.step, files_changed=build.files_changed)


def _breakdown(task: Task, progress: Progress | None) -> list[tuple[str, bool]]:
    ticked = progress.criteria if progress else ()
    texts = [one_line(text, _WIDTH) for text in task.spec.criteria]
    return [(text, at < len(ticked) and ticked[at]) for at, text in enumerate(texts)]


def _state(build: Build) -> str:
    return build.state_name if build.hold is None else f"held: {build.hold.short}"


def _blockers(task: Task, build: Build) -> tuple[str, ...]:
    if build.hold is not None:
        return (build.hold.text,)
    state = task.state
    match state:
        case Held() | AwaitingApproval():
            return tuple(finding.text for finding in state.findings)
        case AwaitingReview():
            return (state.blocked or "waits for review",)
        case Retrying() | Failed() | Killed() | Unknown():
            return (state.text,)
        case _:
            return task.spec.blockers


def _proven(build: Build) -> list[str]:
    checks = {
        "Executed": build.executed,
        "Verified": build.verified,
        "Delivered": build.delivered,
        "Reverted": build.reverted,
    }
    return [f"- {name}: {_check(check)}" for name, check in checks.items() if check.result is not Result.NONE]


def _check(check: Check) -> str:
    return check.result.value + (f" ({one_line(check.text, _WIDTH)})" if check.text else "")


def _section(title: str, lines: list[str]) -> list[str]:
    return ["", f"## {title}", "", *(lines or ["None."])]


def _time(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else "not yet"


def _latest(view: View, label: str) -> Build | None:
    task = view.tasks.get(label)
    return view.builds.get(f"{label}-{task.attempts}") if task else None


def _left_active(path: Path) -> set[str]:
    """Return the labels that an earlier engine left in `active.json`: their pages may tell of a build that is over."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            return {row.label for row in msgspec.json.decode(file.read(), type=list[ActiveBuild])}
    except (OSError, msgspec.DecodeError):
        return set()
