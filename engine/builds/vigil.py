"""Watches over one running build: stands it still at a limit, lets it go on when the operator says so."""

import asyncio
from datetime import datetime, timedelta

import msgspec

from engine.builds.comparison import Comparison
from engine.builds.outcome import Outcome
from engine.builds.recount import Recount
from engine.builds.use import Use
from engine.hall import Hall
from engine.policy.limits import bounds, prices
from engine.safety import freezer
from engine.safety.processes import Identity
from engine.work import process
from engine.work.monitor import Monitor
from state.model import build as b
from state.model.brakes.hold import Hold
from state.model.money import to_dollars
from state.model.moves import held_s
from state.model.progress import Progress

UNANSWERED = "the end of its hold, which nobody answered"
"""Who ends a build that was asked about for too long."""
UNSTOPPABLE = "the engine, since it could not be frozen at its limit"
"""Who ends a build that goes on when it should stand still."""

_UNWATCHED_S = 0.25
"""A build that ends sooner is not worth a watching thread."""
_LEAST_S = 0.05
"""The shortest sleep: a clock that somebody else moves must not keep the loop busy."""


class Vigil:
    """From the start of one build's processes to their end. On the engine's loop only.

    A build is stopped first and recorded as held then, so that no slow disk stands between a limit and its bite. From
    then on what the record says is what is so: held there, it is frozen, and let go there, it goes on.
    """

    def __init__(self, hall: Hall, build_id: str, outcome: Outcome, *, adopted: bool) -> None:
        self._hall = hall
        self._id = build_id
        self._paths = hall.workspace.build(build_id)
        self._outcome = outcome
        self._recount = Recount(self._paths, repo=bool(self._build.repo))
        self._use = Use(self._build, adopted=adopted, price_list=lambda: hall.settings.prices)
        self._comparison = Comparison(hall, build_id)
        self._wanted: Hold | None = None
        self._frozen: bool | None = None if adopted else False
        """None while nobody has looked."""
        self._sleep: asyncio.Timeout | None = None
        self._nudged = False
        self._stall_told = False
        self._epoch = hall.clock.monotonic()
        now = hall.clock.now()
        self._before_s = self._by_wall_s(self._build, now)
        self._held_before_s = held_s(self._build, now)

    @property
    def _build(self) -> b.Build:
        return self._hall.build(self._id)

    async def over(self, identity: Identity) -> Progress:
        """Watch until nothing of the build runs any more; return its last figures."""
        monitor = self._monitor(identity)
        await self._in_step(monitor)
        if self._frozen or not await self._ends_within(identity, _UNWATCHED_S):
            monitor.start()
            try:
                await self._watch(identity, monitor)
            finally:
                monitor.stop()
        last = monitor.finish()
        self._see(last)
        assert self._use.latest is not None
        return self._use.latest

    @property
    def stands_still(self) -> bool:
        """Whether the build is held, frozen and to stay so until somebody answers."""
        build = self._build
        return build.hold is not None and self._frozen is True and not self._withdrawn(build)

    def hold(self, hold: Hold) -> None:
        """Freeze the build and ask the operator; one that is held already, or that is to die, stays as it is."""
        if self._wanted is None and self._build.hold is None and not self._withdrawn(self._build):
            self._wanted = hold
            self.nudge()

    def used(self, calls: int, micro: int) -> None:
        """Count API calls that were made for the build, and the micro-dollars that they cost."""
        self._use.add(calls, micro)
        self._heed()

    def nudge(self) -> None:
        """Look at once at what the record says."""
        self._nudged = True
        if self._sleep is not None and not self._sleep.expired():
            self._sleep.reschedule(asyncio.get_running_loop().time())

    def _monitor(self, identity: Identity) -> Monitor:
        loop = asyncio.get_running_loop()

        def tell(progress: Progress) -> None:
            loop.call_soon_threadsafe(self._take, progress)

        return Monitor(
            self._id,
            self._paths,
            self._build.limits,
            self._hall.task(self._build.label).spec.criteria,
            identity,
            self._hall.clock,
            tell=tell,
            empty_before=not self._build.repo,
        )

    def _take(self, progress: Progress) -> None:
        self._recount.seen(progress)
        if self._recount.rest_s() == 0:
            self.nudge()
        self._see(progress)
        self._heed()

    def _see(self, progress: Progress) -> None:
        files = self._recount.files
        self._use.seen(progress if files is None else msgspec.structs.replace(progress, files_changed=files))

    def _heed(self) -> None:
        """Show the figures as they are, and hold the build if one of them is over its limit."""
        if self._use.latest is None:
            return
        build, now = self._build, self._hall.clock.now()
        hold = bounds.broken(build, _figures(self._use.latest), now)
        hold = hold or self._comparison.broken(self._use.latest, self._run_s(build, now), now)
        hold = hold or self._late(build, now)
        hold = hold or prices.broken(build, self._use.latest.tokens, now)
        # Its own limit comes before those that it shares: whoever is told of the figures may hold it as well.
        if hold is not None:
            self.hold(hold)
        self._hall.publish(self._use.latest)
        self._note_use()

    def _note_use(self, *, at_once: bool = False) -> None:
        """Keep on record what was called and spent, which cannot be counted again after a crash."""
        build = self._build
        noted = self._use.noted(build, self._hall.clock.monotonic(), at_once=at_once)
        if noted is not None and not build.over:
            self._hall.stage([noted], "use_noted", f"{noted.calls} calls, {to_dollars(noted.spent)}", build)

    async def _watch(self, identity: Identity, monitor: Monitor) -> None:
        while True:
            self._nudged = False
            await self._in_step(monitor)
            if not self._frozen and await self._recount.count():
                self._see(monitor.progress)
                self._heed()
            quiet_s = 0.0 if self._frozen else await asyncio.to_thread(monitor.quiet_s)
            self._heed_clock(quiet_s)
            if await self._ends_within(identity, self._rest_s(quiet_s)):
                return

    async def _in_step(self, monitor: Monitor) -> None:
        """Freeze what is to be held, and let go what is not held any more."""
        if self._wanted is not None:
            await self._stand_still(monitor, self._wanted)
            return
        held = self._build.hold is not None
        if held == self._frozen:
            return
        if held:
            await self._freeze()
        elif self._frozen or await asyncio.to_thread(freezer.frozen, self._paths):
            await asyncio.to_thread(freezer.thaw, self._paths)
            monitor.sign_of_life()
        self._frozen = held

    async def _stand_still(self, monitor: Monitor, hold: Hold) -> None:
        await self._freeze()
        # What it did while it was being stopped counts as well, and is not asked about a second time.
        progress = await asyncio.to_thread(monitor.look)
        await self._recount.count_now()
        self._see(progress)
        build = self._build
        self._wanted = None
        if isinstance(build.state, b.Running) and not self._withdrawn(build):
            assert self._use.latest is not None
            used = _figures(self._use.latest).get(hold.figure, hold.used)
            if not hold.anomaly and hold.figure in bounds.BOUNDS and used > hold.used:
                hold = bounds.over(build, hold.figure, used, hold.limit, hold.since)
            self._hall.publish(self._use.latest)
            self._note_use(at_once=True)
            self._outcome.held(hold)
            if hold.anomaly:
                self._comparison.held(hold)
            await self._hall.durable()

    async def _freeze(self) -> None:
        stands = await asyncio.to_thread(freezer.freeze, self._paths)
        self._frozen = True
        if not stands:
            self._end(UNSTOPPABLE)

    def _heed_clock(self, quiet_s: float) -> None:
        """Do what is due: ask about a silent build, hold one that ran for too long, end one held for too long."""
        now = self._hall.clock.now()
        build = self._build
        if self._withdrawn(build):
            return
        if build.hold is not None:
            if held_s(build, now) >= build.limits.hold_s:
                self._end(UNANSWERED)
            return
        late = self._late(build, now)
        if late is not None:
            self.hold(late)
        if quiet_s < self._stall_after_s:
            self._stall_told = False
        elif not self._stall_told:
            self._stall_told = True
            self._outcome.stalled(quiet_s, self._stall_after_s)

    def _late(self, build: b.Build, now: datetime) -> Hold | None:
        """Return the hold for a build that has run for longer than it may, or than such builds do."""
        run_s = self._run_s(build, now)
        late = bounds.broken(build, {"run_s": run_s}, now)
        return late or self._comparison.late(run_s, now)

    def _rest_s(self, quiet_s: float) -> float:
        """How long nothing is due, in seconds."""
        if self._nudged:
            return 0.0
        now = self._hall.clock.now()
        build = self._build
        if self._withdrawn(build):
            # It is being killed, and that is waited for without an end.
            return timedelta(days=1).total_seconds()
        if build.hold is not None:
            return max(build.limits.hold_s - held_s(build, now), _LEAST_S)
        after_s = self._stall_after_s
        stall_s = after_s if quiet_s >= after_s else after_s - quiet_s
        run_s = self._run_s(build, now)
        late_s = min(bounds.bound(build, "run_s") - run_s, self._comparison.rest_s(run_s))
        return max(min(stall_s, late_s, self._recount.rest_s()), _LEAST_S)

    @staticmethod
    def _withdrawn(build: b.Build) -> bool:
        return bool(build.over or build.kill_by or build.fail_by)

    def _run_s(self, build: b.Build, now: datetime) -> float:
        """How long it ran; the time that it stood still is none of its own.

        Whoever sets the wall clock while it runs makes it neither older nor younger.
        """
        here_s = self._hall.clock.monotonic() - self._epoch
        return self._before_s + here_s - (held_s(build, now) - self._held_before_s)

    @staticmethod
    def _by_wall_s(build: b.Build, now: datetime) -> float:
        return max((now - (build.started_at or now)).total_seconds() - held_s(build, now), 0.0)

    @property
    def _stall_after_s(self) -> float:
        settings = self._hall.settings
        own = settings.tasks.get(self._build.label)
        return own.stall_after_s if own and own.stall_after_s else settings.stall.after_s

    def _end(self, by: str) -> None:
        """Have it killed, for a reason that is on record first."""
        build = self._build
        if not self._withdrawn(build):
            self._hall.stage([msgspec.structs.replace(build, kill_by=by)], "kill_decided", f"killed by {by}", build)

    async def _ends_within(self, identity: Identity, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s) as self._sleep:
                await process.ended(identity, self._paths)
        except TimeoutError:
            return False
        finally:
            self._sleep = None
        return True


def _figures(progress: Progress) -> dict[str, float]:
    return {name: getattr(progress, field) for name, field in _FIELDS.items()}


_FIELDS = {
    "files": "files_changed",
    "calls": "calls",
    "spent": "spent",
    "memory_bytes": "memory_bytes",
    "disk_bytes": "disk_bytes",
}
