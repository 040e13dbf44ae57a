"""Commands on builds that stand still at a limit."""

from datetime import UTC, datetime, time, timedelta, tzinfo

import msgspec

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.desk.faults import RESUME
from engine.policy.limits import bounds, prices
from engine.policy.times import say_here
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes import figure as figures
from state.model.brakes.hold import Hold
from state.model.brakes.raised import Raised
from state.model.moves import release


class Holds:
    """Takes the operator's answer to exactly the hold that was shown."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.RaiseLimit: self._raise}

    def held(self, task: t.Task) -> tuple[b.Build, Hold] | None:
        """Return a task's build with its hold; None while none of it stands still."""
        build = self.at.store.builds.get(task.build)
        if build is None or build.hold is None or build.over:
            return None
        return build, build.hold

    def allow(self, build: b.Build, hold: Hold, digest: str, actor: str, why: str) -> str:
        """Let it go on, once, as far beyond this figure as its limit goes."""
        self._refuse_stale(hold, digest)
        self._refuse_observing(build)
        self._refuse_unpriced(build, hold)
        now = self.at.clock.now()
        free = release(build, now, allowed=bounds.allowed(build, hold))
        answered = self.at.questions.answer(build.label, "approved", now)
        self.at.stage([free, *answered], actor, "hold_approved", why, label=build.label, build=build.id)
        if hold.anomaly:
            return f"{build.label}: {build.id} goes on; it is not stopped for its {figures.name(hold.figure)} again"
        if hold.figure == prices.UNPRICED:
            manual = f"; nothing else is decided yet: {RESUME}" if self.at.store.control.manual else ""
            return f"{build.label}: {build.id} goes on, and what it used is counted at its price{manual}"
        if hold.figure not in bounds.BOUNDS:
            return f"{build.label}: {build.id} goes on, for as much again of {figures.name(hold.figure)}"
        far = figures.said(hold.figure, bounds.bound(free, hold.figure))
        return f"{build.label}: {build.id} goes on, up to {figures.name(hold.figure)} {far}"

    def refuse(self, build: b.Build, hold: Hold, digest: str, actor: str, why: str) -> str:
        """Have it killed; what it made so far is kept in its folder."""
        self._refuse_stale(hold, digest)
        answered = self.at.questions.answer(build.label, "denied", self.at.clock.now())
        ended = msgspec.structs.replace(build, kill_by=actor)
        self.at.stage([ended, *answered], actor, "hold_denied", why, label=build.label, build=build.id)
        return f"{build.label}: killing {build.id}; its work is kept"

    def _raise(self, command: c.RaiseLimit, actor: str) -> str:
        """Let it go on under a higher limit, which counts for the task's next builds too until the day ends."""
        task = self.at.task(command.label)
        held = self.held(task)
        if held is None:
            raise Refused(f"{task.label} is {task.state_name}: no build of it stands still at a limit")
        build, hold = held
        self._refuse_stale(hold, command.digest)
        self._refuse_observing(build)
        if hold.anomaly or hold.figure not in bounds.BOUNDS:
            raise Refused(f"no limit of {task.label} stands behind this: `midwatch approve {task.label}` lets it go on")
        to = bounds.further(build, hold) if command.to is None else command.to
        if to < hold.used:
            used = figures.said(hold.figure, hold.used)
            raise Refused(f"{build.id} used {used} already: raise the limit to no less than that")
        now = self.at.clock.now()
        until = _day_ends(now, self.at.rules.zone)
        told = Raised(label=task.label, figure=hold.figure, limit=to, until=until, by=actor)
        allowed = {figure: more for figure, more in build.allowed.items() if figure != hold.figure}
        limits = bounds.raised(build.limits, hold.figure, to)
        free = release(build, now, limits=limits, allowed=allowed)
        answered = self.at.questions.answer(task.label, "raised", now)
        ends = say_here(until, now, self.at.rules.zone)
        text = f"{figures.name(hold.figure)} up to {figures.said(hold.figure, to)} until {ends}"
        self.at.stage(
            [told, free, *answered], actor, "limit_raised", command.why or text, label=task.label, build=build.id
        )
        return f"{task.label}: {build.id} goes on; {text}, in its next builds too"

    def _refuse_observing(self, build: b.Build) -> None:
        if self.at.observes:
            raise Refused(f"{OBSERVES}, so {build.id} stays frozen; `midwatch deny {build.label}` kills it")

    def _refuse_unpriced(self, build: b.Build, hold: Hold) -> None:
        """A yes alone gives no model a price; a price of 0 is one."""
        if hold.figure == prices.UNPRICED:
            models = prices.unpriced(prices.priced(build.tokens, self.at.orders.settings.prices))
            if models:
                raise Refused(f"{build.id} stays frozen: {prices.missing(models)} (0 says that it costs nothing)")

    @staticmethod
    def _refuse_stale(hold: Hold, digest: str) -> None:
        if digest != hold.digest:
            raise Refused("what it stands still for has changed since it was shown: look at it again, then answer")


def _day_ends(now: datetime, zone: tzinfo) -> datetime:
    """Return the next midnight of the operator's."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
