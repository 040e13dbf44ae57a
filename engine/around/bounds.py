"""Which limits on all builds together the settings set, and how much of them is taken by what is on record."""

from datetime import datetime

from engine.safety.limits.meter import Meter, NightSpan, Rate
from engine.schedule.windows import Week
from state.model.brakes.usage import Usage
from state.settings import Rates, RateSettings, Settings
from state.settings.windows import BUILT_IN
from state.store import Store
from state.zones import zone_of

NIGHT = "overnight"
"""The window that is the night."""
_MINUTE_S, _HOUR_S = 60.0, 3600.0


def still(store: Store, settings: Settings, now: datetime) -> tuple[Usage, ...]:
    """Return how much of each limit is taken by what the record says, while no engine runs."""
    meter = Meter(store.used, lambda build_id: scopes_of(store, build_id))
    meter.limit(limits_of(settings.rates), nightly(settings), now)
    meter.begin_night(night_at(nights(settings), now))
    return meter.usages(now)


def scopes_of(store: Store, build_id: str) -> tuple[str, ...]:
    """Return what a build counts for besides all builds."""
    build = store.builds.get(build_id)
    task = store.tasks.get(build.label) if build is not None else None
    return () if task is None else (f"task:{task.label}", f"category:{task.spec.category}")


def nights(settings: Settings) -> Week | None:
    """Return the operator's nights; None where nothing is limited in them."""
    if not nightly(settings):
        return None
    window = settings.windows.get(NIGHT, BUILT_IN[NIGHT])
    return Week((window,), tuple(settings.holidays.values()), zone_of(settings.time.zone))


def night_at(week: Week | None, now: datetime) -> NightSpan | None:
    """Return the night that it is; None by day."""
    span = week.at(now) if week is not None else None
    return None if span is None else NightSpan(span.opens_at, span.closes_at)


def nightly(settings: Settings) -> list[Rate]:
    """Return the limits on a night that are set."""
    night = settings.night
    rates_ = (Rate("usd_per_night", night.usd, 0.0), Rate("calls_per_night", night.calls, 0.0))
    return [rate for rate in rates_ if rate.limit]


def limits_of(settings: RateSettings) -> list[Rate]:
    """Return the limits that are set: of all builds, of one category's and of one task's."""
    groups: list[tuple[str, RateSettings | Rates]] = [("", settings)]
    groups += [(f"category:{name}", own) for name, own in settings.category.items()]
    groups += [(f"task:{label}", own) for label, own in settings.task.items()]
    found = []
    for scope, own in groups:
        found += [
            Rate("calls_per_min", own.calls_per_min, _MINUTE_S, scope),
            Rate("usd_per_h", own.usd_per_h, _HOUR_S, scope),
            Rate("files_per_h", own.files_per_h, _HOUR_S, scope),
        ]
    return [rate for rate in found if rate.limit]
