"""Time zones by name."""

from datetime import UTC, datetime, timedelta

import pytest

from state.zones import local_name, zone_of


def test_a_zone_is_found_by_its_name() -> None:
    """A zone knows its offset on both sides of a change."""
    zone = zone_of("America/Chicago")
    offsets = [datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    assert offsets == [timedelta(hours=-6), timedelta(hours=-5)]


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC"])
def test_utc_is_utc_itself(name: str) -> None:
    """What never changes needs no table."""
    assert zone_of(name) is UTC


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Chicago", "did you mean America/Chicago?"),
        ("america/chicagoo", "did you mean America/Chicago?"),
        ("new york", "did you mean America/New_York?"),
        ("", "write it as"),
        ("../../etc/passwd", "write it as"),
        ("/etc/localtime", "did you mean|write it as"),
        ("\0", "write it as"),
        ("zzzzzz", "write it as in America/Chicago"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest(name: str, hint: str) -> None:
    """A name that is none says so, whatever it holds."""
    with pytest.raises(ValueError, match=f"there is no time zone .*({hint})".replace("?)", "[?])")):
        zone_of(name)


def test_the_machines_zone_has_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """TZ decides; what it says that is no zone does not count, and in the end there is always one."""
    monkeypatch.setenv("TZ", ":Europe/London")
    assert local_name() == "Europe/London"
    monkeypatch.setenv("TZ", "Etc/UTC")
    assert local_name() == "UTC"
    for other in ("Atlantis/Capital", ""):
        monkeypatch.setenv("TZ", other)
        zone_of(local_name())
