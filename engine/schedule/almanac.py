"""What the settings and the calendar say of the time, remembered from one change to the next."""

from datetime import datetime

from engine.schedule.calendar import Calendar, Reading
from engine.schedule.context import Known, Presence, situation, upcoming
from engine.schedule.windows import AHEAD, Week
from state.model.control import Control
from state.model.when.context import Change, Situation
from state.model.when.window import Span
from state.settings import Settings, context_rules
from state.zones import zone_of


class Almanac:
    """Answers what kind of time it is. It reads files only when told to `take` what `calendar` has read."""

    def __init__(self, settings: Settings) -> None:
        self.zone = zone_of(settings.time.zone)
        self.week = Week(tuple(settings.windows.values()), tuple(settings.holidays.values()), self.zone)
        self.calendar = Calendar(settings.calendar.files, self.zone)
        self._rules = context_rules(settings)
        self._slots = settings.queue.slots
        self._reading = Reading(blind=bool(self.calendar.files), trouble="the calendar has not been read yet")
        if not self.calendar.files:
            self._reading = Reading()
        self._answer: tuple[datetime, datetime, Known, Situation] | None = None

    def take(self, reading: Reading) -> None:
        """Go by what the calendar says now."""
        self._reading = reading

    @property
    def varies(self) -> bool:
        """Whether the time of day or the calendar makes any difference."""
        return bool(self.week.windows or self.calendar.files)

    def known(self, control: Control, presence: Presence | None = None) -> Known:
        """Return all that decides on the context."""
        return Known(
            week=self.week,
            rules=self._rules,
            slots=self._slots,
            meetings=self._reading.meetings,
            override=control.override,
            presence=presence,
            trouble=self._reading.trouble,
            blind=self._reading.blind,
        )

    def situation(self, now: datetime, control: Control, presence: Presence | None = None) -> Situation:
        """Return the kind of time that it is; cheap until something changes."""
        known = self.known(control, presence)
        if self._answer is not None:
            start, end, before, answer = self._answer
            if start <= now < end and before == known:
                return answer
        answer = situation(known, now)
        ends = [at for at in (answer.until, answer.window_until) if at is not None]
        self._answer = (now, min(ends, default=now + AHEAD), known, answer)
        return answer

    def next_change(self, now: datetime, control: Control, presence: Presence | None = None) -> datetime | None:
        """Return when context or window change next by themselves; None when that is not foreseen."""
        answer = self.situation(now, control, presence)
        return min((at for at in (answer.until, answer.window_until) if at is not None), default=None)

    def spans(self, now: datetime) -> tuple[Span, ...]:
        """Return the windows of the next two weeks, the open one first."""
        return self.week.ahead(now)

    def changes(self, start: datetime, end: datetime, control: Control) -> tuple[Change, ...]:
        """Return how context, window and slots change between two instants, beginning with how they stand."""
        return upcoming(self.known(control), start, end)
