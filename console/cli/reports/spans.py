"""When the operator's nights and weekends are."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from engine.schedule.local import instant
from engine.schedule.windows import Week
from state.model.record import Noun
from state.model.when.context import Context
from state.model.when.window import Exceptional, Window
from state.settings import Settings
from state.settings.windows import BUILT_IN
from state.zones import zone_of

NIGHT = "overnight"
"""The window that is the night, where it is configured."""

_DAY = timedelta(days=1)
_BACK = 8 * _DAY
"""How far back a night is looked for: past any holidays on which none was."""
_SATURDAY = 5


class Night(Noun, frozen=True, kw_only=True):
    """One night: what opened it and from when to when it goes."""

    window: str
    """Empty where no window is configured and it goes by the clock."""
    opens_at: datetime
    closes_at: datetime
    morning: date
    """The date of its end by the operator's clock, under which it is kept."""

    def holds(self, at: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.opens_at <= at < self.closes_at


def night_now(settings: Settings, now: datetime) -> Night | None:
    """Return the night that it is; None by day."""
    found = [night for night in _nights(settings, now, settings.holidays.values()) if night.holds(now)]
    return found[0] if found else None


def last_night(settings: Settings, now: datetime) -> Night:
    """Return the night that has begun last: it may be this one."""
    begun = [night for night in _nights(settings, now, settings.holidays.values()) if night.opens_at <= now]
    if not begun:
        begun = [night for night in _nights(settings, now, ()) if night.opens_at <= now]
    return begun[-1]


def next_night(settings: Settings, now: datetime) -> Night | None:
    """Return the night that opens next; None when none does within two weeks."""
    found = [night for night in _nights(settings, now, settings.holidays.values()) if night.opens_at > now]
    return found[0] if found else None


def weekend(settings: Settings, now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of Saturday and of Monday: of this weekend, or by weekday of the coming one."""
    return _weekend(settings, now, (_SATURDAY - _local(settings, now).weekday()) % 7)


def last_weekend(settings: Settings, now: datetime) -> tuple[datetime, datetime]:
    """Return the beginning of Saturday and of Monday: of this weekend, or by weekday of the last one."""
    return _weekend(settings, now, -((_local(settings, now).weekday() - _SATURDAY) % 7))


def _weekend(settings: Settings, now: datetime, ahead: int) -> tuple[datetime, datetime]:
    local = _local(settings, now)
    if local.weekday() > _SATURDAY:
        ahead = _SATURDAY - local.weekday()
    saturday = datetime.combine(local.date() + ahead * _DAY, time())
    zone = zone_of(settings.time.zone)
    return instant(saturday, zone), instant(saturday + 2 * _DAY, zone)


def _local(settings: Settings, now: datetime) -> datetime:
    return now.astimezone(zone_of(settings.time.zone))


def _nights(settings: Settings, now: datetime, exceptions: Iterable[Exceptional]) -> list[Night]:
    zone = zone_of(settings.time.zone)
    windows = _windows(settings)
    named = bool(windows)
    week = Week(windows or [BUILT_IN[NIGHT]], tuple(exceptions), zone)
    return [
        Night(
            window=span.window.name if named else "",
            opens_at=span.opens_at,
            closes_at=span.closes_at,
            morning=(span.closes_at - timedelta(microseconds=1)).astimezone(zone).date(),
        )
        for span in week.spans(now - _BACK, now + 2 * _BACK)
    ]


def _windows(settings: Settings) -> list[Window]:
    """The windows that are the night: the one of that name, or else those in which the operator sleeps."""
    if NIGHT in settings.windows:
        return [settings.windows[NIGHT]]
    return [window for window in settings.windows.values() if window.context is Context.SLEEPING]
