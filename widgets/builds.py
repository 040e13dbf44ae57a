"""The pane of builds that are under way."""

from typing import Any, ClassVar, NamedTuple

from state.model.brakes.margin import Margin, margins
from state.model.build import Build, Preparing, Result, Running, Starting
from state.model.progress import Progress
from widgets import words
from widgets.cells import Cell, Column, Tone
from widgets.live_table import LiveTable

SHOWN = 0.5
"""How much of a limit is taken before the list tells of it."""
CLOSE = 0.8
"""How much of it before that is a warning."""


class ActiveBuild(NamedTuple):
    """A build with the latest figures of it, which count only as long as its command runs."""

    build: Build
    progress: Progress | None

    @property
    def live(self) -> Progress | None:
        """The figures, while they are newer than the build's record."""
        return self.progress if isinstance(self.build.state, Preparing | Starting | Running) else None

    @property
    def percent(self) -> int:
        """How far its command is, 0 to 100; one that ended well is at 100, whatever it said last."""
        if self.build.executed.result is Result.YES:
            return 100
        return self.live.percent if self.live else self.build.percent

    @property
    def step(self) -> str:
        """What it says it is doing, or why it stands still."""
        if self.build.hold is not None:
            return self.build.hold.short
        return (self.live.step if self.live else "") or self.build.step

    @property
    def nearest(self) -> Margin | None:
        """The limit that it is nearest to, once half of it is taken."""
        live = self.live
        if live is None or live.life_at is None:
            return None
        first = next(iter(margins(self.build, live, live.life_at)), None)
        return first if first is not None and first.share >= SHOWN else None

    @property
    def files_changed(self) -> int:
        """How many files it has changed so far."""
        return self.live.files_changed if self.live else self.build.files_changed


class BuildsPane(LiveTable[ActiveBuild]):
    """Builds under way, the oldest first."""

    NAME = "Active builds"
    NOTHING = "No build is under way."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column(12),
        Column(4, number=True),
        Column(6, 1),
        Column(14, 3),
        Column(8, 6),
    )

    def order(self, record: ActiveBuild) -> Any:
        """Sort by the time it began."""
        return record.build.created_at.timestamp()

    def cells(self, record: ActiveBuild) -> tuple[Cell, ...]:
        """Show state, percent, bar, label with attempt, and step."""
        build = record.build
        attempt = f" #{build.attempt}" if build.attempt > 1 else ""
        step, tone = record.step, Tone.PLAIN
        nearest = record.nearest
        if nearest is not None and build.hold is None:
            step = f"{words.margin(nearest, 4)}{f' · {step}' if step else ''}"
            tone = Tone.WARN if nearest.share >= CLOSE else Tone.PLAIN
        if not build.sandboxed:
            step = f"NO SANDBOX {step}"
        return (
            words.build_state(build),
            Cell(f"{record.percent}%"),
            Cell(words.bar(record.percent, 6), Tone.BUSY),
            Cell(build.label + attempt, Tone.STRONG),
            Cell(step, tone if build.sandboxed else Tone.BAD),
        )
