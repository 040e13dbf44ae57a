"""What the console needs of an engine, wherever that runs."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from state.files import BuildPaths
from state.model.build import Build
from state.model.command import Reply, Request
from state.model.task import Task
from state.model.verdict import Finding
from state.model.view import Delta, View
from state.model.when.schedule import Schedule, ScheduleState

if TYPE_CHECKING:
    from console.screens.outlook import Outlook
    from state.journal import Decision
    from state.model.brakes.safekeeping import Snapshot


class Link(Protocol):
    """The three calls of every face. All are thread-safe and none of them blocks."""

    hosted: bool
    """Whether this process hosts the engine."""

    def submit(self, request: Request) -> Future[Reply]:
        """Ask for something; the future fails with OSError when the engine cannot be reached."""
        ...

    def view(self) -> Future[View]:
        """Ask for everything at this moment."""
        ...

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        """Have changes delivered on a foreign thread, the first delta holding everything; call the result to end it."""
        ...

    def close(self) -> None:
        """Let go of the engine."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the console reads by itself, beside its link."""

    rank: Callable[[Task], Any]
    """What waiting tasks sort by."""
    explain: Callable[[Task, View], Sequence[Finding]]
    """Every rule's finding on a waiting task at this moment."""
    read_log: Callable[[BuildPaths, int | None], bytes]
    """The last bytes of a build's output; blocks on the disk."""
    diff: Callable[[Build], str]
    """The text of the diff that a build's digest stands for; blocks on the disk."""
    emergency_stop: Callable[[], str]
    """Engages the kill switch without the engine and says what died; blocks until it is done."""
    schedules: Callable[[], Mapping[str, Schedule]]
    """What the settings schedule; blocks on the disk, and raises SettingsError."""
    coming: Callable[[Schedule, ScheduleState, datetime, int], Sequence[datetime]]
    """The next slots of a schedule."""
    decisions: "Callable[[str, int], Sequence[Decision]]"
    """The latest entries of the record in which some words stand, at most so many; blocks on the disk."""
    story: Callable[[int], Sequence[str]]
    """The story of one entry in lines; blocks on the disk."""
    verify: Callable[[], tuple[bool, str]]
    """Whether the record is whole, with what was found in words; blocks on the disk."""
    snapshots: "Callable[[], Sequence[Snapshot]]"
    """All restore points; blocks on the disk."""
    make_snapshot: Callable[[str], str]
    """Makes a restore point, given why, and says what it holds; blocks, and raises MidwatchError."""
    go_back: Callable[[str], str]
    """Restores the snapshot of an id and says what came of it; blocks, and raises MidwatchError."""
    outlook: "Callable[[View, datetime, datetime], Outlook]"
    """What lies between two moments; blocks on the disk, and raises SettingsError."""
