"""The texts of the unit and of the plist."""

import configparser
import os
import plistlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from console.daemon import units
from console.daemon.units import Level, Plan
from engine.safety import groups
from state.units import parse_duration

PLAIN = Plan(
    root="/home/ada/night",
    python=sys.executable,
    source="/opt/midwatch",
    path="/usr/local/bin:/usr/bin:/bin",
    log="/home/ada/night/.midwatch/logs/launchd.log",
    level=Level.SYSTEM,
    user="daemon",
)
ROOTS = [
    "/srv/a b",
    "/srv/100%",
    "/srv/$HOME",
    '/srv/"q"',
    "/srv/it's",
    "/srv/back\\",
    "/srv/ñ→",
    "/srv/new\nline",
    "/",
]
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")


def plan(**changes: object) -> Plan:
    return msgspec.structs.replace(PLAIN, **changes)


def analyzed(folder: Path, made: Plan, *words: str) -> "subprocess.CompletedProcess[str]":
    """What systemd itself says of the unit."""
    file = folder / made.unit
    file.write_text(units.systemd(made))
    return subprocess.run(
        ["systemd-analyze", f"--{made.level.value}", *words, str(file)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(folder), "SYSTEMD_COLORS": "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@needs_systemd
@pytest.mark.parametrize("user", ["", "root", "daemon"])
@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("privileges", [False, True])
def test_systemd_understands_every_line(tmp_path: Path, level: Level, user: str, privileges: bool) -> None:
    """No unknown key, no missing program and no warning, for a user's service and for the machine's."""
    done = analyzed(tmp_path, plan(level=level, user=user, privileges=privileges), "verify")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize("root", ROOTS)
def test_a_workspace_may_be_called_anything(tmp_path: Path, root: str) -> None:
    """Blanks, quotes, percent and dollar signs, backslashes and line ends stay within their words."""
    done = analyzed(tmp_path, plan(root=root, path=f"/bin:{root}"), "verify")
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@needs_systemd
def test_what_the_unit_confines_shows(tmp_path: Path) -> None:
    """By systemd's own measure (0 is best, 10 worst) no privilege is left, and root's service has the fewest it can."""
    found = {}
    for user in ("daemon", "root"):
        told = analyzed(tmp_path, plan(user=user), "security", "--offline=true").stdout
        found[user] = float(re.findall(r"Overall exposure level for .*: ([\d.]+)", told)[0])
    assert found["daemon"] <= 5.5
    assert found["root"] <= 7.5


def test_nothing_in_it_would_keep_sandboxes_from_working() -> None:
    """What covers parts of /proc, forbids namespaces or mounts, or is the operator's own to say, is not there."""
    for level in Level:
        text = units.systemd(plan(level=level))
        for harmful in (
            "RestrictNamespaces", "ProtectProc", "ProcSubset", "ProtectKernelTunables", "ProtectKernelLogs",
            "ProtectControlGroups", "PrivateUsers", "PrivateDevices", "MountFlags", "@mount", "PrivateTmp", "UMask",
            "ProtectHome", "MemoryDenyWriteExecute", "RestrictSUIDSGID", "LockPersonality", "SystemCallArchitectures",
        ):  # fmt: skip
            assert harmful not in text
    by_setuid = units.systemd(plan(privileges=True))
    assert "NoNewPrivileges" not in by_setuid and "SystemCallFilter" not in by_setuid


def test_builds_outlive_the_engine() -> None:
    """Only the engine is killed, a build's end is not the unit's, and a drain has its time."""
    unit = parsed(units.systemd(PLAIN))["Service"]
    assert (unit["KillMode"], unit["Delegate"], unit["OOMPolicy"]) == ("process", "yes", "continue")
    assert (unit["Type"], unit["Restart"]) == ("notify", "on-failure")
    drain = parse_duration(PLAIN.program[PLAIN.program.index("--drain-for") + 1])
    assert drain < float(unit["TimeoutStopSec"])
    assert float(unit["WatchdogSec"]) > 0


def parsed(text: str) -> configparser.ConfigParser:
    reader = configparser.ConfigParser(strict=False, interpolation=None)
    reader.optionxform = str  # type: ignore[assignment,method-assign]
    reader.read_string(text)
    return reader


def test_each_level_starts_where_it_belongs() -> None:
    """The machine's service starts with the machine as the workspace's owner, a user's with its user."""
    system, user = parsed(units.systemd(PLAIN)), parsed(units.systemd(plan(level=Level.USER, user="")))
    assert (system["Install"]["WantedBy"], system["Service"]["User"]) == ("multi-user.target", "daemon")
    assert user["Install"]["WantedBy"] == "default.target"
    assert "User" not in user["Service"]


@pytest.mark.parametrize("root", [*ROOTS, "/srv/midwatch-x", "/srv/...", "/srv/" + "n" * 300])
def test_names_are_readable_and_each_workspaces_own(root: str) -> None:
    """A name is safe for files and for systemd, short, and never like that of a build's control group."""
    made = plan(root=root)
    assert re.fullmatch(r"midwatch@[A-Za-z0-9_.-]{3,60}\.service", made.unit)
    assert re.fullmatch(r"midwatch\.[A-Za-z0-9_.-]{3,60}", made.label)
    assert not made.unit.startswith(groups.PREFIX)
    assert made.unit == plan(root=root).unit
    assert made.unit != plan(root=f"{root}/").unit


@pytest.mark.parametrize("root", ROOTS[:-1])
@pytest.mark.parametrize("level", list(Level))
def test_the_plist_says_the_same(root: str, level: Level) -> None:
    """Parsed back, it starts the same program, again after a crash only, and leaves builds alone."""
    made = plan(root=root, level=level)
    told = plistlib.loads(units.launchd(made))
    assert told["Label"] == made.label
    assert tuple(told["ProgramArguments"]) == (*made.program, "--quiet")
    assert told["EnvironmentVariables"] == made.environment
    assert told["RunAtLoad"] is True
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert told["AbandonProcessGroup"] is True
    assert told["ExitTimeOut"] > units.DRAIN_S
    assert told.get("UserName") == ("daemon" if level is Level.SYSTEM else None)


KEEP_ALIVE = {
    "SuccessfulExit": bool,
    "NetworkState": bool,
    "Crashed": bool,
    "AfterInitialDemand": bool,
    "PathState": {str: bool},
    "OtherJobEnabled": {str: bool},
}
LAUNCHD = {
    "Label": str,
    "Disabled": bool,
    "UserName": str,
    "GroupName": str,
    "Program": str,
    "ProgramArguments": [str],
    "EnableTransactions": bool,
    "EnablePressuredExit": bool,
    "KeepAlive": KEEP_ALIVE,
    "RunAtLoad": bool,
    "RootDirectory": str,
    "WorkingDirectory": str,
    "EnvironmentVariables": {str: str},
    "Umask": int,
    "TimeOut": int,
    "ExitTimeOut": int,
    "ThrottleInterval": int,
    "InitGroups": bool,
    "WatchPaths": [str],
    "QueueDirectories": [str],
    "StartOnMount": bool,
    "StartInterval": int,
    "StandardInPath": str,
    "StandardOutPath": str,
    "StandardErrorPath": str,
    "SoftResourceLimits": {str: int},
    "HardResourceLimits": {str: int},
    "Nice": int,
    "ProcessType": str,
    "AbandonProcessGroup": bool,
    "LowPriorityIO": bool,
    "LowPriorityBackgroundIO": bool,
    "LaunchOnlyOnce": bool,
    "SessionCreate": bool,
    "LegacyTimers": bool,
}
"""Keys of launchd.plist(5) with the type of each, as Apple documents them; those that no service of ours can need are
left out."""


def misfits(told: object, kind: object, place: str = "plist") -> list[str]:
    """Return each place where a value is not what a key of launchd takes, or where there is no such key."""
    if isinstance(kind, list):
        if not isinstance(told, list):
            return [f"{place} is no array"]
        return [text for item in told for text in misfits(item, kind[0], f"{place}[]")]
    if isinstance(kind, dict):
        if not isinstance(told, dict):
            return [f"{place} is no dictionary"]
        named = {key: kind.get(key, kind.get(str)) for key in told}
        unknown = [f"{place}.{key} is no key of launchd" for key, own in named.items() if own is None]
        return unknown + [
            text for key, own in named.items() if own is not None for text in misfits(told[key], own, f"{place}.{key}")
        ]
    # A boolean is an int for Python, and none for launchd.
    return [] if type(told) is kind else [f"{place} is {type(told).__name__}"]


@pytest.mark.parametrize("root", ROOTS[:-1])
@pytest.mark.parametrize("level", list(Level))
def test_the_plist_has_only_keys_that_launchd_knows(root: str, level: Level) -> None:
    """Each with a value of the type that Apple documents, in the format that its own tools write."""
    made = plan(root=root, level=level)
    data = units.launchd(made)
    opening, kind = data.splitlines()[:2]
    assert opening == b'<?xml version="1.0" encoding="UTF-8"?>' and b'"-//Apple//DTD PLIST 1.0//EN"' in kind
    told = plistlib.loads(data)
    assert misfits(told, LAUNCHD) == []
    assert told["ProgramArguments"][0].startswith("/") and told["StandardErrorPath"].startswith("/")
    assert min(told["ThrottleInterval"], told["ExitTimeOut"]) > 0


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"KeepAlives": True}, "plist.KeepAlives is no key of launchd"),
        ({"KeepAlive": {"SuccessfulExit": 0}}, "plist.KeepAlive.SuccessfulExit is int"),
        ({"KeepAlive": {"Succeeded": True}}, "plist.KeepAlive.Succeeded is no key of launchd"),
        ({"ExitTimeOut": "90"}, "plist.ExitTimeOut is str"),
        ({"ThrottleInterval": True}, "plist.ThrottleInterval is bool"),
        ({"ProgramArguments": "midwatch"}, "plist.ProgramArguments is no array"),
        ({"EnvironmentVariables": {"A": 1}}, "plist.EnvironmentVariables.A is int"),
    ],
)
def test_what_launchd_would_not_take_is_found(changes: dict[str, object], complaint: str) -> None:
    """A check of a plist that passes everything would prove nothing."""
    told = plistlib.loads(units.launchd(PLAIN))
    assert misfits({**told, **changes}, LAUNCHD) == [complaint]
