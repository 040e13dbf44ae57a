"""Which keys `midwatch.toml` has, what each holds and what it is for."""

from collections.abc import Callable
from datetime import date
from typing import Any

from state import units
from state.model.brakes.reversal import Compensation
from state.model.brakes.source import Form, Provider, Source
from state.model.mode import Mode
from state.model.task import Category, Effect
from state.model.when.schedule import Misfire, Schedule, Seconds
from state.settings.brakes import Rates
from state.settings.forms import Key, Named, Section
from state.settings.learning.patterns import PATTERNS
from state.settings.learning.problems import PROBLEMS
from state.settings.links import EMAIL, RESEARCH, SIGNALS
from state.settings.prices import PRICES
from state.settings.schedules import BUILT_IN, LACKS
from state.settings.values import Outlet, SandboxKind, Settings, Words
from state.settings.week import read_date

_ISOLATION = units.choice(SandboxKind)
_FOREVER = "forever"
_KEEP = units.Kind(
    lambda value: None if value == _FOREVER else units.LASTING.read(value),
    lambda value: f'"{_FOREVER}"' if value is None else units.LASTING.show(value),
)
_FOLDER = units.Kind(lambda value: value and units.PATHS.read([value])[0], units.TEXT.show)
_PROGRAM = units.Kind(lambda value: value and units.COMMAND.read(value), units.COMMAND.show)
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
    Key("hold", "hold_s", units.LASTING, "How long it may stand still in all, waiting for you, before it is killed."),
)


def _region(value: Any) -> str:
    if not isinstance(value, str) or (value and not (len(value) == 2 and value.isascii() and value.isalpha())):
        raise ValueError(f'expected the two letters of a country, such as "DE", not {units.said(value)}')
    return value.upper()


_DAY = units.Kind(lambda value: read_date(str(value)), date.isoformat)
_MODE = units.Kind(units.choice(Mode).read, lambda mode: units.choice(Mode).show(mode or Mode.LIVE))
_REGION = units.Kind(_region, units.TEXT.show)
_NEVER = "never"
_LIVE_AFTER = units.Kind(
    lambda value: None if value == _NEVER else units.LASTING.read(value),
    lambda value: f'"{_NEVER}"' if value is None else units.LASTING.show(value),
)


def _or_none(kind: units.Kind) -> units.Kind:
    """Return a kind of limits of which 0 is none."""
    return units.Kind(
        lambda value: 0 if value == "none" else kind.read(value), lambda limit: kind.show(limit) if limit else '"none"'
    )


def _sigma(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= 10:
        raise ValueError(f"expected a number from 1 to 10, not {units.said(value)}")
    return float(value)


_COUNT, _AMOUNT = _or_none(_AT_LEAST_0), _or_none(units.MONEY)
_LASTING, _SIZE = _or_none(units.LASTING), _or_none(units.SIZE)
ACTION = (
    Key("usd", "spent", _AMOUNT, "US dollars."),
    Key("files", "files", _COUNT, "Changed files; each counts once."),
    Key("calls", "calls", _COUNT, "API calls."),
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
    Section(
        "limits",
        "What each build may use.",
        LIMITS,
        scopes={"category": Category.BUG_FIX},
        scope_keys=(*LIMITS, *ACTION),
        scope_field="categories",
    ),
    Section(
        "limits.action",
        'What one build may use up: beyond that it stands still and asks. 0 or "none" is no limit.',
        ACTION,
        field="limits",
    ),
    Section(
        "limits.rates",
        'What all builds together may use: a build that goes over stands still and asks. 0 or "none" is no limit.',
        (
            Key("calls_per_min", "calls_per_min", _COUNT, "API calls in any minute."),
            Key("usd_per_h", "usd_per_h", _AMOUNT, "US dollars in any hour."),
            Key("files_per_h", "files_per_h", _COUNT, "Changed files in any hour; a file counts once for a build."),
        ),
        field="rates",
        scopes={"category": Category.BUG_FIX, "task": "LABEL"},
        scope_make=Rates,
    ),
    Section(
        "limits.night",
        "What all builds together may use while the overnight window is open.",
        (Key("calls", "calls", _COUNT, "API calls."), Key("usd", "usd", _AMOUNT, "US dollars.")),
        field="night",
    ),
    Section(
        "limits.breaker",
        "When nothing more starts in a repository for a while. 0 is never.",
        (
            Key("failures", "failures", _AT_LEAST_0, "Builds that failed in a row."),
            Key("unchanged", "unchanged", _AT_LEAST_0, "Builds in a row that succeeded and changed nothing."),
            Key("wait", "wait_s", units.LASTING, "Before one may try again; doubled each time that it fails."),
            Key("longest", "longest_s", units.LASTING, "The longest that this wait becomes."),
        ),
        field="breaker",
    ),
    Section(
        "anomalies",
        "When a build is so unlike those before it that it stands still and asks.",
        (
            Key("enabled", "enabled", units.TRUTH, "Whether builds are compared at all."),
            Key("sigma", "sigma", units.Kind(_sigma, str), "How many standard deviations from what is usual."),
            Key("min_samples", "min_samples", units.count(5), "From fewer builds nothing is concluded."),
        ),
    ),
    Section(
        "anomalies.caps",
        'The same, however usual it is. "none" is no cap.',
        (
            Key("duration", "duration_s", _LASTING, "How long it runs."),
            Key("output_per_min", "output_per_min", _SIZE, "What it prints in a minute, over all its time."),
            Key("files", "files", _COUNT, "Changed files."),
            Key("calls", "calls", _COUNT, "API calls."),
            Key("usd", "spent", _AMOUNT, "US dollars."),
            Key("cpu", "cpu_s", _LASTING, "Processor time."),
            Key("memory", "memory_bytes", _SIZE, "Memory of all its processes."),
        ),
        field="caps",
    ),
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
        "http",
        "An endpoint on this machine for the kill switch, health and metrics; see docs/operations.md.",
        (
            Key("port", "port", units.PORT, "Where it listens; 0 leaves it off."),
            Key("host", "host", units.LOOPBACK, "An address of this machine alone."),
            Key("open_metrics", "open_metrics", units.TRUTH, "Whether /metrics is told without the token."),
        ),
    ),
    Section(
        "snapshots",
        "Restore points. `midwatch snapshot` makes them; [schedules] defaults = true has one made each hour.",
        (
            Key("hourly", "hourly", _AT_LEAST_1, "Regular ones: of so many hours the last one is kept."),
            Key("daily", "daily", _AT_LEAST_0, "The same of days,"),
            Key("monthly", "monthly", _AT_LEAST_0, "and of months."),
            Key("asked", "asked_s", units.LASTING, "How long one is kept that you asked for, or that a restore made."),
            Key("folders", "folders", units.PATHS, "Folders to keep besides the workspace's own files."),
        ),
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
        "legal",
        "What is ruled out for reasons of law; no approval allows it.",
        (
            Key(
                "blocked_domains",
                "blocked_domains",
                units.TEXTS,
                "Nothing may have to do with these, or what lies below.",
            ),
            Key("no_automation", "no_automation", units.TEXTS, "Domains whose terms of service forbid programs."),
            Key(
                "blocked_actions",
                "blocked_actions",
                units.choices(Effect),
                'Effects that no task may have, such as "financial".',
            ),
        ),
    ),
    Section(
        "watch",
        "What the console shows as it is written.",
        (Key("logs", "logs", units.PATHS, "Logs of other programs: their latest line is shown."),),
    ),
    Section(
        "audit",
        "The record of every decision.",
        (
            Key("keep", "keep_s", _KEEP, 'How long entries are kept; "forever" keeps all.'),
            Key("archive", "archive", _FOLDER, "A folder for old entries, compressed, once they are removed."),
            Key("head", "head", units.choices(Outlet), "Where `midwatch audit publish` puts the record's head."),
            Key("head_command", "head_command", _PROGRAM, "A program that is given the head as a line on its input."),
        ),
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
    Section(
        "privacy",
        "What stays out of the record, besides mail addresses, phone numbers and keys.",
        (
            Key("people", "people", units.TEXTS, 'Names, such as ["Ada Lovelace"].'),
            Key("authors", "authors", units.TRUTH, "Whether those who wrote in your repositories count as people."),
            Key("patterns", "patterns", units.TEXTS, 'Regular expressions (RE2) for more, such as ["EMP-[0-9]{6}"].'),
            Key("phone_region", "phone_region", _REGION, 'A country, such as "DE", to find its national numbers too.'),
            Key("tasks", "tasks", units.choice(Words), '"pseudonymise" or "keep" what a task says of people.'),
        ),
    ),
    Section("problems", "What `midwatch problems scan` counts as one, and what it may tidy away.", PROBLEMS),
    Section("patterns", "Routines that are learnt from the record.", PATTERNS),
    Section("email", "A mailbox that is looked through for offers; it is only read, and nothing is sent.", EMAIL),
    Section("research", "Goals of GOALS.md that are looked into at night.", RESEARCH),
    Section("signals", "What other programs tell of in escalations/, acted on by `midwatch heartbeat`.", SIGNALS),
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
    run = str(told["run"])
    lacks = next((text for words, text, told_of in LACKS if run.startswith(words) and not told_of(settings)), "")
    known = {**told, "enabled": False, "lacks": lacks} if lacks else told
    return Schedule(**{"name": name, "zone": settings.time.zone, **known})


_COMPENSATION = (
    Key("run", "run", units.TEXT, "A command line; it gets the data of the report on its standard input."),
    Key("time_limit", "time_limit_s", units.LASTING, "How long it may take."),
)


_SECRET = (
    Key("from", "provider", units.choice(Provider), '"env", "file", "keyring", "aws" or "vault".'),
    Key("key", "key", units.TEXT, "The variable, the file, service/user, the id, or mount/path#field."),
    Key("as", "form", units.choice(Form), '"file" is /run/secrets/NAME in the build, "env" a variable NAME.'),
    Key("address", "address", units.TEXT, "The server, where it is not where its client looks by itself."),
    Key("expires", "expires", _DAY, "The day from which on it is not good any more: you are told in time."),
)


def _by_name(noun: Callable[..., Any]) -> Callable[[str, dict[str, Any], Settings], Any]:
    """Return what makes such a noun of a section's name and fields alone."""
    return lambda name, told, settings: noun(name=name, **told)


NAMED = {
    "schedules": Named(
        "A command that runs at certain times.", _SCHEDULE, ("cron", "run"), _schedule, _EXAMPLE, BUILT_IN
    ),
    "compensations": Named(
        "Takes back what a build reported as `::did NAME {...}`, for `midwatch undo`.",
        _COMPENSATION,
        ("run",),
        _by_name(Compensation),
        Compensation(name="NAME", run="tickets close"),
        {},
    ),
    "secrets": Named(
        "Where a secret is kept; a task that asks for it gets it once you agree.",
        _SECRET,
        ("from", "key"),
        _by_name(Source),
        Source(
            name="NAME",
            provider=Provider.VAULT,
            key="secret/build/npm#token",
            address="https://vault.example:8200",
            expires=date(2030, 1, 31),
        ),
        {},
    ),
    "prices": PRICES,
}
DEFAULTS = (Key("defaults", "defaults", units.TRUTH, "Whether the named ones below count as they stand."),)
TASK = (
    Key("sandbox", "sandbox", _ISOLATION, '"none" runs it with your own rights: no protection at all.'),
    Key("stall_after", "stall_after_s", units.LASTING, "In place of [stall] after."),
    Key("anomalies", "anomalies", units.TRUTH, "Whether its builds are compared with those before them."),
    Key("secrets", "secrets", units.TEXTS, "Names of [secrets] that its builds are given without asking you."),
)
