"""Reading the operator's settings, with every mistake told by file, line and key."""

from pathlib import Path

import msgspec
import pytest

from state.model.brakes.reversal import Compensation
from state.model.when.schedule import Misfire, Schedule, Seconds
from state.settings import (
    Settings,
    SettingsError,
    load,
    mistake,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "midwatch.toml"


def told(path: Path, text: str) -> list[tuple[int, str, str]]:
    """The mistakes that are found in a settings file."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as failed:
        load(path)
    assert str(failed.value).splitlines() == [str(problem) for problem in failed.value.problems]
    assert {problem.file for problem in failed.value.problems} == {str(path)}
    return [(problem.line, problem.key, problem.text) for problem in failed.value.problems]


def test_without_a_file_or_in_an_empty_one_everything_has_its_default(path: Path) -> None:
    """Midwatch runs without being configured."""
    assert load(path) == Settings()
    path.touch()
    assert load(path) == Settings()


def test_every_setting_can_be_set(path: Path) -> None:
    """The friendly forms become seconds, bytes and micro-dollars."""
    path.write_text(
        """
        [queue]
        slots = 4
        [privacy]
        people = ["Ada Lovelace"]
        authors = true
        patterns = ["EMP-[0-9]{6}"]
        phone_region = "de"
        tasks = "keep"
        [time]
        zone = "Asia/Kathmandu"
        [retry]
        times = 0
        wait = "90s"
        [stall]
        after = 600
        [limits]
        memory = "512M"
        processes = 64
        file = "10M"
        open_files = 256
        time = "1h30m"
        output = 4096
        disk = "1G"
        tmp = "64M"
        hold = "2h"
        [limits.action]
        usd = 7.5
        files = 40
        calls = "none"
        [limits.category.documentation]
        files = 100
        time = "1h"
        [limits.rates]
        calls_per_min = 30
        usd_per_h = "none"
        files_per_h = 0
        [limits.rates.category.bug_fix]
        usd_per_h = 2.5
        [limits.rates.task.tidy]
        calls_per_min = 5
        [limits.night]
        calls = 4000
        usd = 20
        [anomalies]
        sigma = 4
        min_samples = 20
        [anomalies.caps]
        duration = "6h"
        output_per_min = "2M"
        usd = 5.5
        [limits.breaker]
        failures = 3
        unchanged = 0
        wait = "10m"
        longest = "1h"
        [sandbox]
        read = ["/opt/tools"]
        idle_priority = false
        [git]
        name = "Night Shift"
        email = "night@example.org"
        [snapshots]
        hourly = 24
        daily = 7
        monthly = 0
        asked = "7d"
        folders = ["/srv/notes"]
        [http]
        port = 8377
        host = "127.0.0.2"
        open_metrics = true
        [audit]
        keep = "30d"
        archive = "/srv/old"
        head = ["git"]
        head_command = "mail ada"
        [approval]
        budget_over = 12.50
        [prices]
        unpriced = "hold"
        [prices."org/small-?.*"]
        in = 0.075
        out = 2
        [engine]
        mode = "observe"
        live_after = "7d"
        [calendar]
        files = ["/home/ada/work.ics"]
        [legal]
        blocked_domains = ["Example.com"]
        no_automation = ["example.org"]
        blocked_actions = ["financial"]
        [email]
        host = "mail.example.org"
        port = 1993
        tls = "starttls"
        ca = "/etc/ours.pem"
        user = "ada"
        password = "imap"
        address = "ada@example.org"
        folder = "Offers"
        keywords = ["commission*"]
        since = "2d"
        draft = "Dear {name}"
        drafts_folder = "Drafts"
        [problems]
        free = "1G"
        full_within = "1d"
        memory = "64M"
        failures = 5
        stale = "2d"
        waiting = "3h"
        backlog = "4d"
        expiring = "30d"
        certificates = ["/etc/ssl/tls.pem"]
        large = "2G"
        leftovers = "3G"
        keep_builds = "5d"
        [patterns]
        prebuild = true
        prebuild_over = 0.9
        [signals]
        confidence = 0.5
        impact_over = 12.5
        per_h = 7
        keep = "2d"
        [research]
        command = "agent {goal} > {out}"
        goals_per_night = 1
        hours = "30m"
        [watch]
        logs = ["/var/log/app.log"]
        [windows.siesta]
        days = "mon,tue,fri"
        from = "14:00"
        to = "16:30"
        priority = 7
        context = "sleeping"
        longest = "90m"
        lowest = "medium"
        [contexts.gym]
        intensity = 75
        slots = 3
        [holidays]
        2026-12-25 = "sun"
        2026-12-31 = "off"
        2026-12-24 = { siesta = "10:00-14:00" }
        [tasks.tidy]
        sandbox = "none"
        stall_after = "30m"
        [tasks.tidy.limits]
        memory = "4G"
        time = "2h"
        usd = 3
        """
    )
    assert msgspec.to_builtins(load(path)) == {
        "engine": {"mode": "observe", "live_after_s": 604800.0},
        "queue": {"slots": 4},
        "time": {"zone": "Asia/Kathmandu"},
        "calendar": {"files": ("/home/ada/work.ics",)},
        "legal": {
            "blocked_domains": ("Example.com",),
            "no_automation": ("example.org",),
            "blocked_actions": ("financial",),
        },
        "email": {
            "host": "mail.example.org",
            "port": 1993,
            "tls": "starttls",
            "ca": "/etc/ours.pem",
            "user": "ada",
            "password": "imap",
            "address": "ada@example.org",
            "folder": "Offers",
            "keywords": ("commission*",),
            "since_s": 172800.0,
            "draft": "Dear {name}",
            "drafts_folder": "Drafts",
        },
        "signals": {"confidence": 0.5, "impact_over": 12_500_000, "per_h": 7, "keep_s": 172_800.0},
        "research": {"command": "agent {goal} > {out}", "goals_per_night": 1, "hours": 0.5},
        "problems": {
            "free_bytes": 1 << 30,
            "full_within_s": 86400.0,
            "memory_bytes": 64 << 20,
            "failures": 5,
            "stale_s": 172800.0,
            "waiting_s": 10800.0,
            "backlog_s": 345600.0,
            "expiring_s": 2592000.0,
            "certificates": ("/etc/ssl/tls.pem",),
            "large_bytes": 2 << 30,
            "leftovers_bytes": 3 << 30,
            "keep_builds_s": 432000.0,
        },
        "patterns": {"prebuild": True, "prebuild_over": 0.9},
        "watch": {"logs": ("/var/log/app.log",)},
        "schedules": {},
        "compensations": {},
        "secrets": {},
        "prices": {"org/small-?.*": {"taken": 75_000, "made": 2_000_000, "cached": None}},
        "unpriced": "hold",
        "privacy": {
            "people": ("Ada Lovelace",),
            "authors": True,
            "patterns": ("EMP-[0-9]{6}",),
            "phone_region": "DE",
            "tasks": "keep",
        },
        "windows": {
            "siesta": {
                "name": "siesta",
                "days": (0, 1, 4),
                "start_min": 14 * 60,
                "end_min": 16 * 60 + 30,
                "priority": 7,
                "context": "sleeping",
                "longest_s": 5400.0,
                "lowest": "medium",
            }
        },
        "contexts": {"gym": {"intensity": 75, "slots": 3}},
        "holidays": {
            "2026-12-25": {"day": "2026-12-25", "counts_as": 6, "off": False, "hours": {}},
            "2026-12-31": {"day": "2026-12-31", "counts_as": None, "off": True, "hours": {}},
            "2026-12-24": {"day": "2026-12-24", "counts_as": None, "off": False, "hours": {"siesta": (600, 840)}},
        },
        "retry": {"times": 0, "wait_s": 90.0},
        "stall": {"after_s": 600.0},
        "limits": {
            "memory_bytes": 512 << 20,
            "processes": 64,
            "file_bytes": 10 << 20,
            "open_files": 256,
            "time_s": 5400.0,
            "output_bytes": 4096,
            "disk_bytes": 1 << 30,
            "tmp_bytes": 64 << 20,
            "hold_s": 7200.0,
            "spent": 7_500_000,
            "files": 40,
            "calls": 0,
        },
        "categories": {"documentation": {"files": 100, "time_s": 3600.0}},
        "rates": {
            "calls_per_min": 30,
            "usd_per_h": 0,
            "files_per_h": 0,
            "category": {"bug_fix": {"calls_per_min": 0, "usd_per_h": 2_500_000, "files_per_h": 0}},
            "task": {"tidy": {"calls_per_min": 5, "usd_per_h": 0, "files_per_h": 0}},
        },
        "night": {"calls": 4000, "usd": 20_000_000},
        "breaker": {"failures": 3, "unchanged": 0, "wait_s": 600.0, "longest_s": 3600.0},
        "anomalies": {"enabled": True, "sigma": 4.0, "min_samples": 20},
        "caps": {
            "duration_s": 21600.0,
            "output_per_min": 2 << 20,
            "files": 0,
            "calls": 0,
            "spent": 5_500_000,
            "cpu_s": 0.0,
            "memory_bytes": 0,
        },
        "sandbox": {"read": ("/opt/tools",), "idle_priority": False},
        "git": {"name": "Night Shift", "email": "night@example.org"},
        "snapshots": {"hourly": 24, "daily": 7, "monthly": 0, "asked_s": 604_800.0, "folders": ("/srv/notes",)},
        "http": {"port": 8377, "host": "127.0.0.2", "open_metrics": True},
        "approval": {"budget_over": 12_500_000},
        "audit": {"keep_s": 30 * 86_400.0, "archive": "/srv/old", "head": ("git",), "head_command": "mail ada"},
        "tasks": {
            "tidy": {
                "sandbox": "none",
                "stall_after_s": 1800.0,
                "anomalies": True,
                "limits": {"memory_bytes": 4 << 30, "time_s": 7200.0, "spent": 3_000_000},
                "secrets": (),
            }
        },
    }


def test_limits_of_a_category_that_does_not_exist_are_a_mistake(path: Path) -> None:
    """A limit that would never count is refused, as are keys that there are not."""
    text = "[limits.category.bugs]\nfiles = 3\n[limits.category.bug_fix]\nfyles = 3\n[limits.action]\nmemory = 3\n"
    assert [(line, key) for line, key, _ in told(path, text)] == [
        (1, "limits.category.bugs"),
        (4, "limits.category.bug_fix.fyles"),
        (6, "limits.action.memory"),
    ]


def test_all_mistakes_are_told_at_once_with_line_and_key(path: Path) -> None:
    """One look at the message mends the whole file."""
    text = """\
[queue]
slts = 2
slots = true

[retry]
wait = "5x"
[colour]
[tasks.tidy]
sandbox = "non"
[tasks.tidy.limits]
memory = [
    1,
]
[tasks]
other = 3
"""
    found = told(path, text)
    assert [(line, key) for line, key, _ in found] == [
        (2, "queue.slts"),
        (3, "queue.slots"),
        (6, "retry.wait"),
        (7, "colour"),
        (9, "tasks.tidy.sandbox"),
        (11, "tasks.tidy.limits.memory"),
        (15, "tasks.other"),
    ]
    texts = [text for _, _, text in found]
    assert texts[0] == "no such setting: did you mean slots?"
    assert texts[1] == "expected a whole number of 1 or more, not true"
    assert texts[3].startswith("no such section: there are queue, retry")
    assert texts[4] == 'expected "bubblewrap" or "none", not \'non\''
    assert texts[6] == "expected a section [tasks.other], not 3"


@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("retry.wiat = 3", 1, "retry.wiat"),
        ('# about\n\n"queue" = { slots = 0 }', 3, "queue.slots"),
        ("queue = 3", 1, "queue"),
        ("[tasks]\n[tasks.'my label']\nsandbox = 1", 3, "tasks.my label.sandbox"),
        ('[git]\nname = """\n\n"""', 2, "git.name"),
        ("[tasks.tidy]\nlimits = 1", 2, "tasks.tidy.limits"),
        ("[tasks.tidy]\nlimit.memory = 1", 2, "tasks.tidy.limit"),
        ("tasks = 1", 1, "tasks"),
        ("[limits]\nrate = 1", 2, "limits.rate"),
        ("[privacy]\npeople = 'Ada'", 2, "privacy.people"),
        ("[privacy]\npeople = [1]", 2, "privacy.people"),
        ("[privacy]\nphone_region = 'GER'", 2, "privacy.phone_region"),
        ("[privacy]\ntasks = 'drop'", 2, "privacy.tasks"),
        ("limits.rates = 1", 1, "limits.rates"),
        ("[limits.rates]\ncalls_per_min = -1", 2, "limits.rates.calls_per_min"),
        ("[limits.rates.category.bugs]\nusd_per_h = 1", 1, "limits.rates.category.bugs"),
        ("[limits.breaker]\nwait = 0", 2, "limits.breaker.wait"),
        ("[anomalies]\nsigma = 0.5", 2, "anomalies.sigma"),
        ('[anomalies]\nsigma = "3"', 2, "anomalies.sigma"),
        ("[anomalies.caps]\nmemory = 0", 2, "anomalies.caps.memory"),
        ('["limits.rates"]', 1, "limits.rates"),
    ],
)
def test_the_line_is_found_however_the_key_is_written(path: Path, text: str, line: int, key: str) -> None:
    """Dotted, quoted and inline keys, and values of several lines, point to where they begin."""
    assert [(at, name) for at, name, _ in told(path, text)] == [(line, key)]


@pytest.mark.parametrize(
    ("text", "line"), [("[queue\nslots = 1", 1), ("[queue]\nslots = ", 2), ("a = 1\n\na = 2", 3), ("a = '''\nx", 2)]
)
def test_what_is_not_toml_is_told_with_its_line(path: Path, text: str, line: int) -> None:
    """A slip of syntax is pointed at as exactly as a wrong value."""
    assert [(at, key, text[:8]) for at, key, text in told(path, text)] == [(line, "", "not TOML")]


def test_what_cannot_be_read_is_told(path: Path) -> None:
    """A folder in the file's place, or bytes that are no text, are mistakes like others."""
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        load(path)


def test_a_schedule_is_read_with_the_zone_of_all_others(path: Path) -> None:
    """Where a schedule names no zone it has the operator's, wherever in the file that stands."""
    path.write_text(
        """
        [schedules.nightly]
        cron = "0 23 * * *"
        run = "status --json"
        [schedules.far]
        cron = "*/5 0 2 * * *"
        run = "queue"
        zone = "Pacific/Apia"
        seconds = "last"
        enabled = false
        misfire = "all"
        at_most = 3
        grace = "5m"
        jitter = "90s"
        time_limit = "10m"
        [time]
        zone = "America/Chicago"
        """
    )
    schedules = load(path).schedules
    nightly = Schedule(name="nightly", cron="0 23 * * *", run="status --json", zone="America/Chicago")
    assert schedules["nightly"] == nightly
    assert schedules["far"] == Schedule(
        name="far",
        cron="*/5 0 2 * * *",
        run="queue",
        zone="Pacific/Apia",
        seconds=Seconds.LAST,
        enabled=False,
        misfire=Misfire.ALL,
        at_most=3,
        grace_s=300.0,
        jitter_s=90.0,
        time_limit_s=600.0,
    )


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('run = "queue"', "schedules.nightly", "cron must be set"),
        ("", "schedules.nightly", "cron and run must be set"),
        ('cron = "* * * * *"\nrun = "say \'hi"', "schedules.nightly.run", "not a command line: no closing quotation"),
        ('cron = "* * * * *"\nrun = "#"\nzone = "Mars"', "schedules.nightly.zone", "there is no time zone 'Mars'"),
        ('cron = "* * * * *"\nrun = "q"\nmisfire = "never"', "schedules.nightly.misfire", 'expected "skip" or "once"'),
        ('cron = "* * * * *"\nrun = "q"\ncorn = ""', "schedules.nightly.corn", "did you mean cron?"),
    ],
)
def test_a_schedule_that_cannot_be_is_told(path: Path, text: str, key: str, words: str) -> None:
    """A missing key, a broken command line, a zone or a word that is none: each with its line."""
    found = told(path, f"[schedules.nightly]\n{text}\n")
    assert any(at == key and words in said and line >= 1 for line, at, said in found), found


def test_a_name_must_be_one_that_can_be_typed(path: Path) -> None:
    """A name stands on command lines and in the record."""
    found = told(path, '[schedules."a b"]\ncron = "* * * * *"\nrun = "queue"\n')
    assert found == [(1, "schedules.a b", "a name is made of letters, digits, - and _, at most 64 of them")]


def test_a_mistake_found_later_has_its_line_too(path: Path) -> None:
    """What only the engine can judge is told like everything else."""
    path.write_text('[schedules.nightly]\nrun = "queue"\ncron = "61 * * * *"\n')
    error = mistake(path, ("schedules", "nightly", "cron"), "no such minute")
    assert str(error) == f"{path}:3: schedules.nightly.cron: no such minute"
    path.unlink()
    assert str(mistake(path, ("schedules",), "gone")) == f"{path}:1: schedules: gone"


def test_a_compensation_is_a_command_and_has_no_defaults(path: Path) -> None:
    """A section of its own for each action, which must say what to run."""
    text = '[compensations.open_ticket]\nrun = "tickets close"\ntime_limit = "90s"\n'
    path.write_text(text)
    assert load(path).compensations == {
        "open_ticket": Compensation(name="open_ticket", run="tickets close", time_limit_s=90.0)
    }
    assert [name for _, name, _ in told(path, "[compensations]\ndefaults = true\n[compensations.mail]\n")] == [
        "compensations.defaults",
        "compensations.mail",
    ]
