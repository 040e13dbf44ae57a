"""The texts by which systemd and launchd know the engine of one workspace."""

import hashlib
import os
import plistlib
import re
from enum import StrEnum

from state.model.record import Noun

DRAIN_S = 60
"""How long running builds may take to end when the service is stopped."""
STOP_S = DRAIN_S + 30
"""When a service that was told to stop is killed: never, unless the engine hangs."""
WATCHDOG_S = 60
RESTART_S = 10


class Level(StrEnum):
    """Whose service it is."""

    USER = "user"
    SYSTEM = "system"


class Plan(Noun, frozen=True, kw_only=True):
    """The service of one workspace."""

    root: str
    """The workspace, absolute."""
    python: str
    source: str
    """Where the program's own modules are."""
    path: str
    """Where programs are found."""
    log: str
    """Where launchd puts what is said before the engine's own log begins."""
    level: Level
    user: str = ""
    """As whom it runs; empty for whoever's service it is."""
    privileges: bool = False
    """Whether sandboxes are made by a setuid program here, which a confined service could not use."""

    @property
    def name(self) -> str:
        """The instance: readable, and of this workspace alone."""
        readable = re.sub(r"[^A-Za-z0-9_.]+", "-", os.path.basename(self.root)).strip("-.")[:40] or "workspace"
        return f"{readable}-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:8]}"

    @property
    def unit(self) -> str:
        """The name for systemd.

        Control groups of builds are called `midwatch-` and something, so nothing else may be.
        """
        return f"midwatch@{self.name}.service"

    @property
    def label(self) -> str:
        """The name for launchd."""
        return f"midwatch.{self.name}"

    @property
    def program(self) -> tuple[str, ...]:
        """The command line."""
        words = (self.python, "-P", "-m", "console.cli.main", "--workspace", self.root, "engine", "--wait")
        return (*words, "--drain-for", f"{DRAIN_S}s")

    @property
    def environment(self) -> dict[str, str]:
        """What it needs to be told besides."""
        return {"PATH": self.path, "PYTHONPATH": self.source}


def systemd(plan: Plan) -> str:
    """Return the unit.

    Builds outlive the engine, so only the engine itself is killed (KillMode), a build that runs out of memory does not
    end it (OOMPolicy) and its own file modes and temporary files are the operator's (no UMask, no PrivateTmp).
    What is confined here is confined for builds too. Whatever covers a part of /proc, forbids namespaces or filters
    mount calls would keep bubblewrap from working; what needs no privilege at all is left to its sandbox.
    """
    lines = [
        "[Unit]",
        f"Description=Midwatch: {plan.name}",
        f"RequiresMountsFor={_quoted(plan.root)}",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=notify",
        # The colon: nothing in the command line is a variable.
        f"ExecStart={' '.join(map(_quoted, (f':{plan.python}', *plan.program[1:])))}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in plan.environment.items()),
        *([f"User={plan.user}"] if plan.user else []),
        "Restart=on-failure",
        f"RestartSec={RESTART_S}",
        # A command line or a workspace that is wrong does not come right by itself.
        "RestartPreventExitStatus=2 3",
        f"WatchdogSec={WATCHDOG_S}",
        # It waits as long as somebody else holds the workspace.
        "TimeoutStartSec=infinity",
        f"TimeoutStopSec={STOP_S}",
        "TimeoutAbortSec=10",
        "KillMode=process",
        "Delegate=yes",
        "TasksMax=infinity",
        "OOMPolicy=continue",
        "LimitCORE=0",
        *_confined(plan),
        "",
        "[Install]",
        f"WantedBy={'multi-user.target' if plan.level is Level.SYSTEM else 'default.target'}",
    ]
    return "".join(f"{line}\n" for line in lines)


def _confined(plan: Plan) -> list[str]:
    if plan.privileges:
        return []
    lines = [
        "NoNewPrivileges=yes",
        "RestrictRealtime=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "SystemCallFilter=~@clock @module @raw-io @reboot @swap",
        "SystemCallErrorNumber=EPERM",
    ]
    if plan.level is Level.SYSTEM:
        # A user's own systemd could do these only in a user namespace, where sandboxes cannot be made.
        lines += ["ProtectSystem=full", f"ReadWritePaths={_quoted(f'-{plan.root}')}", "ProtectKernelModules=yes"]
        root = plan.user in ("", "root", "0")
        lines.append(f"CapabilityBoundingSet={'~' + ' '.join(_NEVER) if root else ''}")
    return lines


_NEVER = (
    "CAP_AUDIT_CONTROL",
    "CAP_MAC_ADMIN",
    "CAP_MAC_OVERRIDE",
    "CAP_SYS_BOOT",
    "CAP_SYS_MODULE",
    "CAP_SYS_PACCT",
    "CAP_SYS_RAWIO",
    "CAP_SYS_TIME",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
)
"""What neither the engine nor bubblewrap needs, even as root."""


def launchd(plan: Plan) -> bytes:
    """Return the plist."""
    told: dict[str, object] = {
        "Label": plan.label,
        "ProgramArguments": [*plan.program, "--quiet"],
        "EnvironmentVariables": plan.environment,
        "RunAtLoad": True,
        # Started again after a crash, and not after it was told to end.
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": RESTART_S,
        "ExitTimeOut": STOP_S,
        # Builds outlive the engine.
        "AbandonProcessGroup": True,
        "StandardErrorPath": plan.log,
    }
    if plan.level is Level.SYSTEM and plan.user:
        told["UserName"] = plan.user
    return plistlib.dumps(told)


def _quoted(word: str) -> str:
    """Return one word of a unit's line, whatever bytes are in it."""
    plain = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    unsaid = re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", lambda found: _escaped(found[0]), plain)
    return f'"{unsaid}"'


def _escaped(character: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in os.fsencode(character))
