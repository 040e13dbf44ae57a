"""What the reporting verbs stand on: one look at the record, the plan ahead and a place for pages."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import NamedTuple

from console.cli.base import Hand
from console.cli.reasoning import Judge
from console.cli.shapes import queue_order
from engine.reports import briefings, night
from engine.reports.night import Night, Plan, Size, Step
from engine.reports.runs import Span, until_now
from engine.work.git import GitError
from engine.work.review import diff_text
from state import journal
from state.files import Workspace, atomic_write
from state.journal import Decision
from state.keeping import heads
from state.model.build import Build
from state.model.verdict import Stance
from state.model.view import View
from state.settings import Settings
from state.zones import zone_of

FOLDER = "build-reports"
_MEASURED = 200
"""Of how many merged builds the size of the diff is looked up."""
_SLACK = timedelta(days=1)
"""How far the machine's clock may have been set back within the record."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Look(NamedTuple):
    """How things stand, whether an engine runs or not."""

    workspace: Workspace
    settings: Settings
    view: View

    @property
    def now(self) -> datetime:
        """The moment of the look."""
        return self.view.at

    @property
    def zone(self) -> tzinfo:
        """The operator's zone."""
        return zone_of(self.settings.time.zone)

    @property
    def local(self) -> datetime:
        """The moment of the look by the operator's clock."""
        return self.now.astimezone(self.zone)


def look(hand: Hand) -> Look:
    """Return how things stand. Raises MidwatchError."""
    settings = hand.settings()
    with hand.control() as control:
        return Look(hand.workspace(), settings, control.view())


def plan_of(seen: Look) -> Plan:
    """Return what comes by itself, the first start first, and in the queue's order what waits for the operator."""
    judge = Judge(seen.view, seen.settings)
    ahead, asks = [], []
    for task in queue_order(seen.view.tasks.values()):
        against = judge.verdict(task).against
        text = "; ".join(finding.text for finding in against if finding.verdict in (Stance.ASK, Stance.HOLD))
        if text:
            asks.append(Step(label=task.label, title=task.spec.title, text=text))
            continue
        at: datetime | None = judge.starts(task)["starts_at"]
        when = judge.when(task)
        text = f"starts {when}" if at else when or "; ".join(finding.text for finding in against)
        ahead.append(Step(label=task.label, title=task.spec.title, text=text, at=at))
    ahead.sort(key=lambda step: step.at or _NEVER)
    return Plan(ahead=tuple(ahead), asks=tuple(asks))


def happened(seen: Look, start: datetime, end: datetime | None = None) -> Night:
    """Return what happened from a moment to another, or to now where that one has not come."""
    over = end is not None and end <= seen.now
    span = Span(starts_at=start, ends_at=end) if over and end is not None else until_now(start, seen.now)
    shipped = night.shipped_builds(seen.view, span)
    sizes, pages = _sizes(seen.workspace, shipped), briefings.found(seen.workspace, seen.view, shipped)
    decisions, head = _decisions(seen.workspace, start), heads.present(seen.workspace.journal)
    return night.tell(seen.view, decisions, span, plan=plan_of(seen), sizes=sizes, briefings=pages, head=head)


def keep(workspace: Workspace, name: str, text: str) -> Path:
    """Write a report to its place, where it replaces an older one of that name. Raises OSError."""
    path = workspace.root / FOLDER / name
    path.parent.mkdir(exist_ok=True)
    atomic_write(path, text)
    return path


def _decisions(workspace: Workspace, start: datetime) -> Iterator[Decision]:
    for entry in journal.read(workspace.journal, newest_first=True):
        if entry.seq and entry.at < start - _SLACK:
            return
        yield entry


def _sizes(workspace: Workspace, builds: Sequence[Build]) -> dict[str, Size]:
    found = {}
    for build in [build for build in builds if build.repo and build.result][-_MEASURED:]:
        try:
            found[build.id] = night.measure(diff_text(workspace, build))
        except GitError:
            continue  # its repository is gone; how many files it changed is on record
    return found
