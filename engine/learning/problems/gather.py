"""The look itself: it reads the machine, the workspace's files and the record."""

import contextlib
import os
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from engine.learning.problems import certificates, leftovers
from engine.learning.problems.facts import (
    Errors,
    Expiry,
    Facts,
    Folder,
    Leftover,
    Memory,
    Sample,
    Timing,
    Volume,
)
from engine.learning.problems.sizes import Measure, Size
from state.files import Workspace
from state.journal import JournalDamaged
from state.keeping import heads, prune
from state.model.view import View
from state.records import UNREADABLE
from state.settings import Settings
from state.zones import local_name, zone_of

_DAY = timedelta(days=1)
_MEMINFO = Path("/proc/meminfo")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_TIMESYNC = Path("/run/systemd/timesync")
_ERRORS = (b'"level":"error"', b'"level":"critical"')


def gather(
    workspace: Workspace,
    view: View,
    settings: Settings,
    now: datetime,
    starts: Mapping[str, datetime | None],
    samples: tuple[Sample, ...],
) -> Facts:
    """Return everything that the rules look at. Reads a lot of files: not for a loop. Raises OSError."""
    found, folders = _folders(workspace, view, settings, now)
    disks = volumes(_places(workspace))
    memory = _memory()
    return Facts(
        now=now,
        view=view,
        settings=settings,
        volumes=disks,
        memory=memory,
        folders=folders,
        expiries=tuple(_expiries(settings)),
        timing=Timing(
            last_entry_at=head.at if (head := heads.present(workspace.journal)) else None,
            synchronised=(_TIMESYNC / "synchronized").exists() if _TIMESYNC.is_dir() else None,
            machine_zone=local_name(),
        ),
        errors=_errors(workspace.logs, now),
        leftovers=found,
        prunable_bytes=_prunable(workspace, settings, now),
        starts=starts,
        sample=Sample(
            at=now,
            up_s=time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)),
            boot=_BOOT.read_text().strip() if _BOOT.exists() else "",
            free={volume.path: volume.free_bytes for volume in disks},
            sizes={folder.name: folder.bytes for folder in folders},
            available_bytes=memory.available_bytes if memory else None,
        ),
        samples=samples,
    )


def _places(workspace: Workspace) -> Mapping[Path, str]:
    return {workspace.root: "the workspace", workspace.builds: "builds", Path(os.path.expanduser("~")): "your home"}


def volumes(places: Mapping[Path, str]) -> tuple[Volume, ...]:
    """Return the disks on which these folders lie, each once, with what is kept there."""
    by_device: dict[int, list[Path]] = {}
    for path in places:
        if path.is_dir():
            by_device.setdefault(path.stat().st_dev, []).append(path)
    found = []
    for paths in by_device.values():
        told = os.statvfs(paths[0])
        if not told.f_blocks:
            continue
        found.append(
            Volume(
                path=str(paths[0]),
                holds=tuple(places[path] for path in paths),
                total_bytes=told.f_blocks * told.f_frsize,
                free_bytes=told.f_bavail * told.f_frsize,
                files=told.f_files,
                free_files=told.f_favail,
            )
        )
    return tuple(found)


def _memory() -> Memory | None:
    if not _MEMINFO.exists():
        return None
    rows = dict(line.split(":", 1) for line in _MEMINFO.read_text().splitlines() if ":" in line)
    total, available = (rows.get(name, "").split() for name in ("MemTotal", "MemAvailable"))
    if not total or not available:
        return None
    return Memory(total_bytes=int(total[0]) << 10, available_bytes=int(available[0]) << 10)


def _folders(
    workspace: Workspace, view: View, settings: Settings, now: datetime
) -> tuple[tuple[Leftover, ...], tuple[Folder, ...]]:
    """Measure what may grow, and in it what is kept elsewhere."""
    measure = Measure()
    spare: dict[str, Size] = {}
    found = []
    for build, path in leftovers.spare(workspace, view.builds.values(), now, settings.problems.keep_builds_s):
        if path.is_dir() and not path.is_symlink():
            size = spare[str(path)] = measure.of(path)
            found.append(Leftover(build=build.id, path=str(path), bytes=size.bytes))
    places = {
        "builds": workspace.builds,
        "journal": workspace.journal,
        "snapshots": workspace.hidden / "snapshots",
        "logs": workspace.logs,
        **{name: Path(name) for name in settings.watch.logs},
    }
    folders = []
    for name, path in places.items():
        size = measure.of(path, spare)
        folders.append(Folder(name=name, path=str(path), bytes=size.bytes, whole=size.whole))
    return tuple(found), tuple(folders)


def _expiries(settings: Settings) -> Iterator[Expiry]:
    for name in settings.problems.certificates:
        said, renew = f"the certificate {name}", "renew it, and put the new one in its place"
        try:
            yield Expiry(subject=name, name=said, at=certificates.expires(Path(name)), remedy=renew)
        except (certificates.Unreadable, OSError) as error:
            trouble = f"{getattr(error, 'strerror', None) or error}: mend it or [problems] certificates"
            yield Expiry(subject=name, name=said, at=None, remedy=renew, trouble=trouble)
    for secret in settings.secrets.values():
        if secret.expires is not None:
            midnight = datetime.combine(secret.expires, datetime.min.time(), zone_of(settings.time.zone))
            yield Expiry(
                subject=f"secret:{secret.name}",
                name=f"the secret {secret.name}",
                at=midnight.astimezone(UTC),
                remedy=f"have a new one made, and set [secrets.{secret.name}] expires to its day",
            )


def _errors(folder: Path, now: datetime) -> Errors | None:
    """Count the lines of the engine's log that tell of errors."""
    recent = before = 0
    oldest: datetime | None = None
    for path in sorted(folder.glob("engine.log*")):
        # One that is set aside meanwhile is not there under this name any more.
        with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
            for number, line in enumerate(file):
                # Most lines need not be understood: the first one tells how far back the file goes.
                if number and not any(mark in line for mark in _ERRORS):
                    continue
                at = _moment(line)
                if at is None:
                    continue
                oldest = at if oldest is None else min(oldest, at)
                if any(mark in line for mark in _ERRORS):
                    recent += now - _DAY < at
                    before += at <= now - _DAY
    if oldest is None:
        return None
    return Errors(recent=recent, before=before, days=max((now - _DAY - oldest) / _DAY, 0.0))


def _moment(line: bytes) -> datetime | None:
    try:
        return msgspec.json.decode(line, type=_Line).at
    except UNREADABLE:
        return None


class _Line(msgspec.Struct):
    at: datetime


def _prunable(workspace: Workspace, settings: Settings, now: datetime) -> int:
    if settings.audit.keep_s is None:
        return 0
    try:
        found = prune.plan(workspace.journal, (now - timedelta(seconds=settings.audit.keep_s)).date())
    except JournalDamaged:
        return 0  # damage is told elsewhere, and what is damaged is evidence
    return found.bytes if found else 0
