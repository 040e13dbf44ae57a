"""Commands on builds that stand still at a limit."""

import msgspec

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.policy.limits import bounds
from state.model import build as b
from state.model import task as t
from state.model.brakes import figure as figures
from state.model.brakes.hold import Hold
from state.model.moves import release


class Holds:
    """Takes the operator's answer to exactly the hold that was shown."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {}

    def held(self, task: t.Task) -> tuple[b.Build, Hold] | None:
        """Return a task's build with its hold; None while none of it stands still."""
        build = self.at.store.builds.get(task.build)
        if build is None or build.hold is None or build.over:
            return None
        return build, build.hold

    def allow(self, build: b.Build, hold: Hold, digest: str, actor: str, why: str) -> str:
        """Let it go on, once, as far beyond this figure as its limit goes."""
        self._refuse_stale(hold, digest)
        if self.at.observes:
            raise Refused(f"{OBSERVES}, so {build.id} stays frozen; `midwatch deny {build.label}` kills it")
        now = self.at.clock.now()
        free = release(build, now, allowed=bounds.allowed(build, hold))
        answered = self.at.questions.answer(build.label, "approved", now)
        self.at.stage([free, *answered], actor, "hold_approved", why, label=build.label, build=build.id)
        if hold.anomaly or hold.figure not in bounds.BOUNDS:
            return f"{build.label}: {build.id} goes on; it is not stopped for its {figures.name(hold.figure)} again"
        far = figures.said(hold.figure, bounds.bound(free, hold.figure))
        return f"{build.label}: {build.id} goes on, up to {figures.name(hold.figure)} {far}"

    def refuse(self, build: b.Build, hold: Hold, digest: str, actor: str, why: str) -> str:
        """Have it killed; what it made so far is kept in its folder."""
        self._refuse_stale(hold, digest)
        answered = self.at.questions.answer(build.label, "denied", self.at.clock.now())
        ended = msgspec.structs.replace(build, kill_by=actor)
        self.at.stage([ended, *answered], actor, "hold_denied", why, label=build.label, build=build.id)
        return f"{build.label}: killing {build.id}; its work is kept"

    @staticmethod
    def _refuse_stale(hold: Hold, digest: str) -> None:
        if digest != hold.digest:
            raise Refused("what it stands still for has changed since it was shown: look at it again, then answer")
