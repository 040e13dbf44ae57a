"""What the rules on problems need to know, gathered by one look at the machine and the record."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from state.model.record import Noun
from state.model.view import View
from state.settings import Settings


class Volume(Noun, frozen=True, kw_only=True):
    """One disk, as far as whoever runs the engine may use it."""

    path: str
    """A folder on it that matters here."""
    holds: tuple[str, ...]
    """What is kept there, in words."""
    total_bytes: int
    free_bytes: int
    files: int
    """How many files it can hold; 0 where it knows no such limit."""
    free_files: int


class Memory(Noun, frozen=True, kw_only=True):
    """The machine's memory."""

    total_bytes: int
    available_bytes: int


class Folder(Noun, frozen=True, kw_only=True):
    """What a folder or file takes on its disk."""

    name: str
    """Such as `builds`, `journal`, `snapshots`, or the path of a log."""
    path: str
    bytes: int
    whole: bool = True
    """False where there was too much to look at all of it, or to read it: then it is at least this."""


class Expiry(Noun, frozen=True, kw_only=True):
    """Something that is good until a moment."""

    subject: str
    name: str
    """What it is, in words."""
    at: datetime | None
    """None where that cannot be read."""
    remedy: str
    """What to do before then."""
    trouble: str = ""
    """Why it cannot be read."""


class Timing(Noun, frozen=True, kw_only=True):
    """What is known of the machine's clock."""

    last_entry_at: datetime | None
    """The latest moment in the record."""
    synchronised: bool | None
    """Whether a time server is followed; None where nothing tells."""
    machine_zone: str


class Sample(Noun, frozen=True, kw_only=True):
    """The figures of one look, kept to tell how they move."""

    at: datetime
    up_s: float
    """For how long the machine had been up, sleep included."""
    boot: str
    """The kernel's name for the time since it started; empty where there is none."""
    free: Mapping[str, int]
    """Free bytes by the path of the disk."""
    sizes: Mapping[str, int]
    """Bytes by folder."""
    available_bytes: int | None = None
    """Memory."""


class Errors(Noun, frozen=True, kw_only=True):
    """Lines of the engine's log that tell of errors."""

    recent: int
    """In the last day."""
    before: int
    """In the days before it that the log covers."""
    days: float
    """How many days that are."""


class Leftover(Noun, frozen=True, kw_only=True):
    """A folder of a build that is over, whose contents are kept elsewhere."""

    build: str
    path: str
    bytes: int


class Facts(NamedTuple):
    """Everything that the rules may look at."""

    now: datetime
    view: View
    settings: Settings
    volumes: tuple[Volume, ...]
    memory: Memory | None
    """None where the machine does not tell."""
    folders: tuple[Folder, ...]
    expiries: tuple[Expiry, ...]
    timing: Timing
    errors: Errors | None
    """None where there is no log."""
    leftovers: tuple[Leftover, ...]
    prunable_bytes: int
    """What the record holds that the settings keep no longer."""
    starts: Mapping[str, datetime | None]
    """By the label of a task that waits, when it is foreseen to start; None where not within two weeks."""
    sample: Sample
    samples: tuple[Sample, ...]
    """Those of earlier looks, the oldest first."""
