"""Which keys `midwatch.toml` has, what each holds and what it is for."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from state import units
from state.model.mode import Mode
from state.model.when.schedule import Misfire, Schedule, Seconds
from state.settings.schedules import BUILT_IN
from state.settings.values import SandboxKind, Settings


class Key(NamedTuple):
    """One key: its name in the file, its field, how it is written and its line in the commented settings."""

    name: str
    field: str
    kind: units.Kind
    help: str


class Named(NamedTuple):
    """A kind of section that there may be many of, each with a name of its own."""

    help: str
    keys: tuple[Key, ...]
    needed: tuple[str, ...]
    """The keys that have no default."""
    make: Callable[[str, dict[str, Any], Settings], Any]
    """Turns a name, the fields that are told and all the other settings into the noun."""
    example: Any
    """The noun that the commented file shows."""
    built_in: Mapping[str, Mapping[str, Any]]
    """By name, the fields of those that are there without being written down, once `defaults` is true."""


class Section(NamedTuple):
    """One section of the file."""

    name: str
    help: str
    keys: tuple[Key, ...]


_ISOLATION = units.choice(SandboxKind)
_AT_LEAST_0, _AT_LEAST_1 = units.count(0), units.count(1)
LIMITS = (
    Key("memory", "memory_bytes", units.SIZE, "Memory of each process."),
    Key("processes", "processes", _AT_LEAST_1, "Processes at the same time."),
    Key("file", "file_bytes", units.SIZE, "The largest file it may write."),
    Key("open_files", "open_files", _AT_LEAST_1, "Open files of each process."),
    Key("time", "time_s", units.LASTING, "How long it may run."),
    Key("output", "output_bytes", units.SIZE, "How much of its output is kept."),
    Key("disk", "disk_bytes", units.SIZE, "How large its workspace may grow."),
    Key("tmp", "tmp_bytes", units.SIZE, "How large its /tmp may grow."),
)
_MODE = units.Kind(units.choice(Mode).read, lambda mode: units.choice(Mode).show(mode or Mode.LIVE))
_NEVER = "never"
_LIVE_AFTER = units.Kind(
    lambda value: None if value == _NEVER else units.LASTING.read(value),
    lambda value: f'"{_NEVER}"' if value is None else units.LASTING.show(value),
)
SECTIONS = (
    Section("queue", "What starts.", (Key("slots", "slots", _AT_LEAST_1, "Builds at the same time."),)),
    Section(
        "retry",
        "What happens after a failure.",
        (
            Key("times", "times", _AT_LEAST_0, "How often a failed task is tried again before it waits for you."),
            Key("wait", "wait_s", units.DURATION, "How long after the failure."),
        ),
    ),
    Section(
        "stall",
        "When a build counts as stuck.",
        (Key("after", "after_s", units.LASTING, "Without output, changed files or processor time for this long."),),
    ),
    Section("limits", "What each build may use.", LIMITS),
    Section(
        "sandbox",
        "Where builds run.",
        (
            Key("read", "read", units.PATHS, "More paths that builds may read, besides the system's."),
            Key(
                "idle_priority", "idle_priority", units.TRUTH, "Builds run only when nothing else wants the processor."
            ),
        ),
    ),
    Section(
        "git",
        "Who signs the commits that are merged.",
        (Key("name", "name", units.TEXT, "A name."), Key("email", "email", units.TEXT, "An address.")),
    ),
    Section(
        "time",
        "When things happen.",
        (Key("zone", "zone", units.ZONE, "Your time zone; the machine's where none is named."),),
    ),
    Section(
        "calendar",
        "Your calendar: no build starts while it says that you are busy.",
        (Key("files", "files", units.PATHS, "Calendar files (.ics); they are only read."),),
    ),
    Section(
        "approval",
        "What waits for you before it starts.",
        (Key("budget_over", "budget_over", units.MONEY, "A task that may spend more than this, in US dollars."),),
    ),
    Section(
        "engine",
        "What becomes of decisions.",
        (
            Key("mode", "mode", _MODE, '"live" carries them out; "observe" writes them down, and nothing executes.'),
            Key("live_after", "live_after_s", _LIVE_AFTER, 'How long to observe before it goes live, such as "7d".'),
        ),
    ),
)
_EXAMPLE = Schedule(name="NAME", cron="0 23 * * *", run="status --json")
_SCHEDULE = (
    Key("cron", "cron", units.TEXT, "Minute, hour, day of the month, month, weekday; or @daily and its kin."),
    Key("run", "run", units.COMMAND, "A command line of midwatch, without the word midwatch."),
    Key("zone", "zone", units.ZONE, "In place of [time] zone."),
    Key("seconds", "seconds", units.choice(Seconds), 'Where the seconds of six fields stand: "first" or "last".'),
    Key("enabled", "enabled", units.TRUTH, "Whether it runs at all."),
    Key("misfire", "misfire", units.choice(Misfire), '"skip", "once" or "all": which of the times missed are made up.'),
    Key("at_most", "at_most", _AT_LEAST_1, 'How many of them, with "all".'),
    Key("grace", "grace_s", units.DURATION, "How late it may start and still be on time."),
    Key("jitter", "jitter_s", units.DURATION, "Start later by a time of its own, which is less than this."),
    Key("time_limit", "time_limit_s", units.LASTING, "How long a run may take."),
)


def _schedule(name: str, told: dict[str, Any], settings: Settings) -> Schedule:
    return Schedule(**{"name": name, "zone": settings.time.zone, **told})


NAMED = {
    "schedules": Named(
        "A command that runs at certain times.", _SCHEDULE, ("cron", "run"), _schedule, _EXAMPLE, BUILT_IN
    )
}
DEFAULTS = (Key("defaults", "defaults", units.TRUTH, "Whether the named ones below count as they stand."),)
TASK = (
    Key("sandbox", "sandbox", _ISOLATION, '"none" runs it with your own rights: no protection at all.'),
    Key("stall_after", "stall_after_s", units.LASTING, "In place of [stall] after."),
)
