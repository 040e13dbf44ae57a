"""Time zones by their names."""

import difflib
import os
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name such as `America/Chicago`; UTC itself for the names of it, which never changes.

    Raises ValueError with the nearest name.
    """
    if name in ("UTC", "Etc/UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        names = {known.lower(): known for known in available_timezones()}
        words = name.lower().replace(" ", "_")
        ends = [known for known in names.values() if known.lower().rpartition("/")[2] == words]
        near = ends or [names[found] for found in difflib.get_close_matches(words, names, n=1)]
        hint = f"did you mean {near[0]}?" if near else "write it as in America/Chicago or UTC"
        raise ValueError(f"there is no time zone {name!r}: {hint}") from error


def local_name() -> str:
    """Return the name of the machine's own zone, from TZ or from what /etc/localtime points to; UTC for want of one."""
    asked = os.environ.get("TZ", "").removeprefix(":")
    pointed = str(Path("/etc/localtime").resolve()).partition("/zoneinfo/")[2]
    for name in (asked, pointed):
        try:
            if name:
                return "UTC" if zone_of(name) is UTC else name
        except ValueError:
            continue
    return "UTC"
