"""Keeps what all builds use together within the limits of the settings: counts it, shows it, stops who goes over."""

from collections.abc import Callable
from datetime import datetime, timedelta

from engine.around import bounds
from engine.builds.roster import Roster
from engine.facts import gather
from engine.hall import Hall
from engine.policy import observing
from engine.policy.moment import rates
from engine.safety.limits.meter import Meter
from engine.safety.limits.usual import Usual, amount_of
from state.journal import Entry
from state.model import build as b
from state.model.brakes import figure as figures
from state.model.brakes.breaker import COMMAND, Open, breaker_key
from state.model.brakes.hold import Hold
from state.model.brakes.usage import Amount, Usage
from state.model.progress import Progress
from state.model.reason import ENGINE, Reason
from state.model.task import Category
from state.model.view import View
from state.settings import Settings

_WRITTEN_EVERY = timedelta(seconds=5)
"""The shortest time between two records of use while builds work; the end of a build is written at once."""
_SHOWN_EVERY = timedelta(seconds=1)
"""The shortest time between two tellings of viewers, who see by themselves what is free again (`Usage.at`)."""


class Rates:
    """On the engine's loop only. `set_info` changes what viewers are told of the engine."""

    def __init__(self, hall: Hall, roster: Roster, set_info: Callable[..., None]) -> None:
        self._hall = hall
        self._roster = roster
        self._set_info = set_info
        store, now = hall.store, hall.clock.now()
        self._usual = Usual(store.tasks, store.builds.values())
        self._meter = Meter(store.used, lambda build_id: bounds.scopes_of(store, build_id))
        for build in hall.ledger.unfinished():
            # What has run to its end was counted with its result; of others the minutes know most.
            running = isinstance(build.state, b.Preparing | b.Starting | b.Running)
            self._meter.known(build.id, None if running else amount_of(build))
        self._follow(hall.settings, now)
        self._written_at = self._shown_at = now - _WRITTEN_EVERY
        self._urgent = False
        self._shown: tuple[Usage, ...] = ()
        store.listeners.append(self._note)

    @property
    def usual(self) -> dict[Category, Amount]:
        """What builds of a category use, by the median of those so far."""
        return self._usual.medians

    @property
    def night(self) -> tuple[datetime, ...]:
        """From when to when the night lasts that it is; empty by day, and where nothing is limited in nights."""
        return bounds.night_at(self._nights, self._hall.clock.now()) or ()

    def usage(self) -> tuple[Usage, ...]:
        """How much of each limit is taken at this moment."""
        now = self._hall.clock.now()
        self._meter.begin_night(bounds.night_at(self._nights, now))
        return self._meter.usages(now)

    def take(self, progress: Progress) -> None:
        """Count what a running build says that it used, and stand it still if that is more than all may use."""
        self._count(progress.build, Amount(calls=progress.calls, spent=progress.spent, files=progress.files_changed))

    def look(self) -> None:
        """Write down and show what was counted; to be done before anything is decided."""
        now = self._hall.clock.now()
        if self._settings is not self._hall.settings:
            self._follow(self._hall.settings, now)
        rows = self._meter.unwritten()
        if rows and (self._urgent or _due(self._written_at, _WRITTEN_EVERY, now)):
            self._hall.store.stage(rows, Reason(actor=ENGINE, action="use_counted", why=_sum(rows)))
            self._written_at, self._urgent = now, False
        if _due(self._shown_at, _SHOWN_EVERY, now) and (shown := self.usage()) != self._shown:
            self._shown, self._shown_at = shown, now
            self._set_info(limits=shown)

    def next_change(self) -> datetime | None:
        """The next moment at which something is to be written or shown."""
        now, moments = self._hall.clock.now(), []
        if self._meter.unwritten():
            moments.append(self._written_at + _WRITTEN_EVERY)
        if self.usage() != self._shown:
            moments.append(self._shown_at + _SHOWN_EVERY)
        return max(min(moments), now) if moments else None

    def next_start(self, view: View) -> datetime | None:
        """The next moment at which a task that waits for nothing but a brake on all builds may start."""
        breakers = [known for known in view.breakers.values() if isinstance(known.state, Open)]
        # While it observes, what was only written down counts as well, and beside what was really used.
        usage = observing.taken(view.control, view.tasks, self.usage(), view.at, self.night)
        if not breakers and not any(one.limit and one.frees for one in usage):
            return None
        opens = {known.key: known.state.until for known in breakers if isinstance(known.state, Open)}
        facts = gather(view, self._hall.settings, view.at, self._hall.ledger.occupying(), (), self.usual)
        active = (*facts.active, *observing.occupied(view.control, view.tasks, view.at))
        decided = observing.decided(view.control)
        known: dict[tuple[object, ...], datetime | None] = {}
        for label in self._hall.ledger.waiting:
            spec = view.tasks[label].spec
            if decided.get(label) == spec.digest:
                continue
            key = (spec.repo, *rates.alike(spec, usage))
            if key not in known:
                free = rates.free_at(spec, usage, active, self.usual, view.at)
                fits = rates.fits(spec, usage, active, self.usual, view.at)
                at = [moment for moment in (free, opens.get(breaker_key(COMMAND, spec.repo))) if moment is not None]
                known[key] = max(at) if at and (fits or free is not None) else None
        return min((at for at in known.values() if at is not None and at > view.at), default=None)

    def _follow(self, settings: Settings, now: datetime) -> None:
        """Go by these settings."""
        self._settings = settings
        self._nights = bounds.nights(settings)
        self._meter.limit(bounds.limits_of(settings.rates), bounds.nightly(settings), now)

    def _note(self, entry: Entry) -> None:
        """Follow a change: the result of a build says for certain what it changed, also of the quickest."""
        for record in entry.records:
            if not isinstance(record, b.Build):
                continue
            if not record.over:
                self._count(record.id, amount_of(record))
            elif self._meter.is_under_way(record.id):
                self._count(record.id, amount_of(record))
                self._urgent = True
                self._meter.forget(record.id)
                self._usual.note(record, self._hall.task(record.label))

    def _count(self, build_id: str, amount: Amount) -> None:
        now = self._hall.clock.now()
        if not self._meter.take(build_id, amount, now):
            return
        self._hall.wake()
        build = self._hall.store.builds[build_id]
        if build.over or build.hold is not None:
            return
        for one in self.usage():
            if not self._meter.concerns(build_id, one):
                continue
            # A yes lets it use as much again, from where it stood.
            bound = max(one.limit, build.allowed.get(one.name, -one.limit) + one.limit)
            if one.limit and one.used > bound:
                self._roster.hold(build_id, _hold(build, one, round(bound), now))
                return


def _hold(build: b.Build, one: Usage, bound: int, now: datetime) -> Hold:
    whose = "" if one.scope else ", all builds together"
    text = (
        f"{build.id} is frozen: {figures.of(one.name, one.used, bound)}{whose}; `midwatch approve {build.label}` lets "
        f"it go on, for as much again, `midwatch deny {build.label}` kills it"
    )
    return Hold(figure=one.name, used=one.used, limit=bound, text=text, since=now)


def _due(last: datetime, every: timedelta, now: datetime) -> bool:
    """Whether so much time has passed, or the clock was set back."""
    return not timedelta() <= now - last < every


def _sum(rows: tuple[object, ...]) -> str:
    return f"what was used in {len(rows)} minute{'s' if len(rows) != 1 else ''}"
