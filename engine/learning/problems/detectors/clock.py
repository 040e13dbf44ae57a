"""A clock that cannot be trusted, or a time zone that is odd."""

from datetime import timedelta

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import span
from state.model.learning.problem import Kind, Severity, Sighting
from state.zones import zone_of

_SLACK = timedelta(minutes=2)
_STEP_S = 60.0


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return what is wrong with the clock."""
    told = (_behind(facts), _stepped(facts), _unsynchronised(facts), _zone(facts))
    return tuple(found for found in told if found is not None)


def _behind(facts: Facts) -> Sighting | None:
    last = facts.timing.last_entry_at
    if last is None or last - facts.now <= _SLACK:
        return None
    off_s = (last - facts.now).total_seconds()
    return Sighting(
        kind=Kind.CLOCK,
        subject="behind-record",
        severity=Severity.HIGH,
        text=f"the machine's clock is {span(off_s)} behind the latest entry of the record: what was done since "
        "seems to lie ahead, and schedules wait for it; set the clock right (`timedatectl set-ntp true`)",
        figures={"behind_s": round(off_s)},
    )


def _stepped(facts: Facts) -> Sighting | None:
    before, now = (facts.samples[-1] if facts.samples else None), facts.sample
    if before is None or not now.boot or before.boot != now.boot:
        return None
    off_s = (now.at - before.at).total_seconds() - (now.up_s - before.up_s)
    if abs(off_s) <= _STEP_S:
        return None
    way = "forward" if off_s > 0 else "back"
    return Sighting(
        kind=Kind.CLOCK,
        subject="set",
        severity=Severity.MEDIUM,
        text=f"the machine's clock was set {way} by {span(abs(off_s))} since the last look: `midwatch schedules` shows "
        "what was missed or comes late",
        figures={"off_s": round(off_s)},
    )


def _unsynchronised(facts: Facts) -> Sighting | None:
    if facts.timing.synchronised is not False:
        return None
    return Sighting(
        kind=Kind.CLOCK,
        subject="unsynchronised",
        severity=Severity.LOW,
        text="the machine's clock follows no time server, so it drifts: `timedatectl timesync-status` says why",
    )


def _zone(facts: Facts) -> Sighting | None:
    machine, own = facts.timing.machine_zone, facts.settings.time.zone
    offsets = [facts.now.astimezone(zone_of(name)).utcoffset() for name in (machine, own)]
    # A server that runs on UTC is no reason to wonder.
    if machine == "UTC" or offsets[0] == offsets[1]:
        return None
    return Sighting(
        kind=Kind.CLOCK,
        subject="zone",
        severity=Severity.LOW,
        text=f"the settings count in {own}, and the machine in {machine}, where it is another time: if you moved, set "
        "[time] zone",
    )
