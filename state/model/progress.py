"""How a running build is doing: volatile figures that are shown but not journalled."""

from datetime import datetime

from state.model.counts.tokens import Tokens
from state.model.record import Noun


class Progress(Noun, frozen=True, kw_only=True):
    """The latest known figures of one running build."""

    build: str
    percent: int = 0
    step: str = ""
    files_changed: int = 0
    output_bytes: int = 0
    cut_bytes: int = 0
    """Output that was thrown away to stay under the limit."""
    cpu_s: float = 0.0
    disk_bytes: int = 0
    memory_bytes: int = 0
    """Resident memory of all its processes."""
    memory_most_bytes: int = 0
    """The most of it that was seen."""
    calls: int = 0
    spent: int = 0
    """Micro-dollars."""
    tokens: tuple[Tokens, ...] = ()
    """What it said that it used of each language model."""
    life_at: datetime | None = None
    """The last sign of life: output, a changed file or CPU time."""
    commits: tuple[str, ...] = ()
    """Subjects of the commits it made in its own repository."""
    criteria: tuple[bool, ...] = ()
    """Which completion criteria its PROGRESS.md has ticked."""

    @property
    def key(self) -> str:
        """The build's id."""
        return self.build
