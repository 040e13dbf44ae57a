"""A time that comes again: on days of the week or of the month, at a time of the day on the operator's wall."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from state.model.record import Noun

LAST = -1
"""In place of a day of the month: its last one, whichever that is."""
EVERY_DAY = tuple(range(7))
WORKDAYS = tuple(range(5))
WEEKEND = (5, 6)
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CRON = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY = timedelta(days=1)
_LONGEST_DAYS = 400


class Rhythm(Noun, frozen=True, kw_only=True):
    """When something comes again."""

    minute: int
    """Of the day, by the clock on the wall: 545 is 09:05."""
    give_min: int
    """So many minutes before or after, and it is still on time."""
    days: tuple[int, ...] = ()
    """0 is Monday; empty where it goes by the month."""
    month_day: int = 0
    """1 to 31, or LAST; 0 where it goes by the week."""

    def falls_on(self, day: date) -> bool:
        """Whether it comes on a day."""
        if self.days:
            return day.weekday() in self.days
        last = monthrange(day.year, day.month)[1]
        return day.day == (last if self.month_day == LAST else self.month_day)

    def walls(self, after: datetime) -> Iterator[datetime]:
        """Yield the times on the wall (naive) later than one, in order, for a little more than a year."""
        day = after.date() - _DAY
        for _ in range(_LONGEST_DAYS):
            if self.falls_on(day):
                wall = datetime.combine(day, time(*divmod(self.minute, 60)))
                if wall > after:
                    yield wall
            day += _DAY

    def coming(self, after: datetime, until: datetime, zone: tzinfo) -> list[datetime]:
        """Return the moments (aware UTC) after one and not later than another.

        A time that the clocks skip is told as that much later; of one that they show twice, the first is meant.
        """
        begin = after.astimezone(zone).replace(tzinfo=None) - timedelta(hours=2)
        found = []
        for wall in self.walls(begin):
            at = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
            if at > until:
                break
            if at > after:
                found.append(at)
        return found

    @property
    def cron(self) -> str:
        """The five fields of its cron expression; for the last day of a month, `L`."""
        hour, minute = divmod(self.minute, 60)
        month_day = "*" if self.days else "L" if self.month_day == LAST else str(self.month_day)
        return f"{minute} {hour} {month_day} * {_weekdays(self.days)}"

    def said(self) -> str:
        """Return it in words: `on weekdays around 09:05`."""
        return f"{self._on()} around {self.minute // 60:02}:{self.minute % 60:02}"

    def _on(self) -> str:
        known = {EVERY_DAY: "every day", WORKDAYS: "on weekdays", WEEKEND: "on weekends"}
        if self.days in known:
            return known[self.days]
        if self.days:
            names = [f"{NAMES[day]}s" for day in self.days]
            return f"on {', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else f"on {names[0]}"
        return "on the last day of the month" if self.month_day == LAST else f"on day {self.month_day} of the month"


def _weekdays(days: tuple[int, ...]) -> str:
    if not days or days == EVERY_DAY:
        return "*"
    return "mon-fri" if days == WORKDAYS else ",".join(_CRON[day] for day in days)
