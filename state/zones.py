"""Time zones by their names."""

import difflib
import os
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, available_timezones

LOCAL = "local"
"""In place of a zone's name: the zone of this machine."""


def zone_of(name: str) -> tzinfo:
    """Return the zone of a name such as `America/Chicago`; UTC itself for the names of it, which never changes.

    `local` is the zone that TZ or the machine names. Raises ValueError with the nearest name.
    """
    if name == LOCAL:
        return _machines()
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


def _machines() -> tzinfo:
    for named in (os.environ.get("TZ", "").removeprefix(":"), os.path.realpath("/etc/localtime")):
        name = named.partition("zoneinfo/")[2] or named
        try:
            if name not in ("", LOCAL):
                return zone_of(name)
        except ValueError:
            continue  # TZ may hold rules in place of a name
    return UTC
