"""The builds under way: begun, adopted, killed and merged."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from engine.builds import breakers
from engine.builds.attempt import Attempt
from engine.desk.desk import Desk
from engine.hall import Hall
from engine.nursery import Nursery
from engine.policy import observing
from engine.policy.limits import bounds
from engine.policy.rollout.version import mark
from engine.safety.kill import KillReport, kill_build, killed
from engine.schedule import planner
from state.model import build as b
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.mode import Mode
from state.model.moves import move_task
from state.model.progress import Progress
from state.model.reason import ENGINE, POSSIBLE, Reason
from state.model.verdict import Verdict
from state.settings import SandboxKind, limits_for

_PATIENCE_S = 5.0
"""How long an answer to a kill waits for the build's end to be written down."""

_SETTLED = {planner.Ask: "approval_asked", planner.Hold: "task_held", planner.Release: "task_released"}


def _known(verdict: Verdict) -> tuple[tuple[str, str], ...]:
    return tuple((finding.rule, finding.text) for finding in verdict.findings)


def _allowed(verdict: Verdict) -> str:
    return f"each of the {len(verdict.findings)} rules allows it"


class Roster:
    """Owns the attempts. On the engine's loop only."""

    def __init__(self, hall: Hall, nursery: Nursery) -> None:
        self.progress: dict[str, Progress] = {}
        self._hall = hall
        self._nursery = nursery
        self._attempts: dict[str, Attempt] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._killing: dict[str, asyncio.Task[tuple[KillReport, ...]]] = {}
        self._try_again: dict[str, datetime] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._running or self._killing)

    @property
    def stands_still(self) -> bool:
        """Whether nothing goes on by itself: what is under way is frozen and waits for the operator."""
        return not self._killing and all(self._attempts[build_id].stands_still for build_id in self._running)

    def adopt(self) -> None:
        """Go on with every build that an engine before this one left unfinished."""
        for build in self._hall.store.builds.values():
            if not build.over and not isinstance(build.state, b.Reviewing):
                self._attempts[build.id] = Attempt(self._hall, build.id, adopted=True)
                self.begin(build.id)
        for build_id in self._hall.ledger.reviewing:
            if self._blocked(build_id):
                self._try_again[build_id] = self._hall.clock.now()

    def begin(self, build_id: str) -> None:
        """Let a build's attempt run until it is over or waits for the operator."""
        if build_id not in self._running:
            attempt = self._attempts.setdefault(build_id, Attempt(self._hall, build_id))
            self._running[build_id] = self._nursery.start(self._run(attempt), f"build {build_id}")

    async def _run(self, attempt: Attempt) -> None:
        try:
            await attempt.run()
        finally:
            self._running.pop(attempt.id, None)
            self.progress.pop(attempt.id, None)
            self._hall.seats.drop(attempt.id)
        if self._hall.build(attempt.id).over:
            self._attempts.pop(attempt.id, None)
        elif self._blocked(attempt.id):
            # While it observes, no merge is tried, and the first moment of being live is the next try.
            live = self._hall.store.control.mode is Mode.LIVE
            wait_s = self._hall.settings.retry.wait_s if live else 0.0
            self._try_again[attempt.id] = self._hall.clock.now() + timedelta(seconds=wait_s)
        self._hall.wake()

    def _blocked(self, build_id: str) -> bool:
        build = self._hall.build(build_id)
        state = self._hall.task(build.label).state
        return isinstance(state, t.AwaitingReview) and state.build == build_id and bool(state.blocked)

    def deliverable(self) -> tuple[str, ...]:
        """Builds whose merge may be tried now: approved ones, and blocked ones whose time has come."""
        now = self._hall.clock.now()
        ready = []
        for build_id in self._hall.ledger.reviewing - self._running.keys():
            due = self._try_again.get(build_id)
            if self._hall.build(build_id).approved if due is None else due <= now:
                ready.append(build_id)
        return tuple(sorted(ready))

    def hurry(self, label: str) -> None:
        """Try a blocked merge of this task at once."""
        self._try_again.pop(self._hall.task(label).build, None)

    def next_due(self, now: datetime) -> datetime | None:
        """The next moment at which something may start by itself."""
        moments = [due for build, due in self._try_again.items() if build in self._hall.ledger.reviewing and due > now]
        waiting = self._hall.ledger.waiting.next_due(now)
        return min([*moments, *([waiting] if waiting else [])], default=None)

    def record(self, intent: planner.Intent, desk: Desk) -> str | None:
        """Stage what an intent decides; return the build to begin once that is durable."""
        if isinstance(intent, planner.Start):
            return self._record_start(intent)
        if isinstance(intent, planner.WouldStart):
            self._record_would(intent)
            return None
        if isinstance(intent, planner.Deliver):
            self._try_again.pop(intent.build, None)
            return intent.build
        task = self._hall.task(intent.label)
        settled, questions = desk.common.settle(task, intent.verdict)
        why = "; ".join(finding.text for finding in intent.verdict.against) or "nothing stands against it"
        action = _SETTLED[type(intent)]
        if settled is not task:
            reason = Reason(
                actor=ENGINE,
                action=action,
                why=why,
                label=task.label,
                options=POSSIBLE[action],
                known=_known(intent.verdict),
            )
            self._hall.store.stage([settled, *questions], reason)
            # What was let go here may start, and is not yet among those that were looked at.
            self._hall.wake()
        return None

    def _record_start(self, intent: planner.Start) -> str:
        task = self._hall.task(intent.label)
        spec = task.spec
        settings = self._hall.settings
        own = settings.tasks.get(spec.label)
        attempt = task.attempts + 1
        now = self._hall.clock.now()
        build_id = f"{spec.label}-{attempt}"
        build = b.Build(
            id=build_id,
            label=spec.label,
            attempt=attempt,
            created_at=now,
            # One without a repository has nothing to prepare but an empty folder.
            state=b.Preparing() if spec.repo else b.Starting(token=self._hall.seats.reserve(build_id)),
            limits=bounds.in_force(limits_for(settings, spec), self._hall.store.raised.values(), spec.label, now),
            sandboxed=own is None or own.sandbox is not SandboxKind.NONE,
            repo=spec.repo,
            branch=spec.branch,
            version=mark(spec.label, self._hall.store.control.rollout),
        )
        moved = move_task(task, t.Building(build=build_id), attempts=attempt)
        reason = Reason(
            actor=ENGINE,
            action="build_decided",
            why=_allowed(intent.verdict),
            label=spec.label,
            build=build_id,
            options=POSSIBLE["build_decided"],
            known=_known(intent.verdict),
        )
        self._hall.store.stage([moved, build, *breakers.began(self._hall, build)], reason)
        return build_id

    def _record_would(self, intent: planner.WouldStart) -> None:
        """Write down a start that is not carried out."""
        store = self._hall.store
        control = observing.noted(store.control, self._hall.task(intent.label), self._hall.clock.now(), intent.need)
        reason = Reason(
            actor=ENGINE,
            action="would_start",
            why=_allowed(intent.verdict),
            label=intent.label,
            options=POSSIBLE["would_start"],
            known=_known(intent.verdict),
        )
        store.stage([control], reason)

    def take_progress(self, progress: Progress) -> bool:
        """Keep a build's latest figures; False when the build is not under way any more."""
        if progress.build not in self._running:
            return False
        self.progress[progress.build] = progress
        return True

    def hold(self, build_id: str, hold: Hold) -> None:
        """Freeze a running build with all its processes, write down why and ask the operator.

        It goes on when he approves and dies when he denies. A build that is held already stays as it is.
        """
        attempt = self._attempts.get(build_id)
        if attempt is not None:
            attempt.hold(hold)

    def used(self, build_id: str, calls: int, micro: int) -> None:
        """Count API calls that were made for a running build, and the micro-dollars that they cost."""
        attempt = self._attempts.get(build_id)
        if attempt is not None:
            attempt.used(calls, micro)

    def answered(self, label: str) -> None:
        """Let a held build of a task go on if the operator's answer says so."""
        attempt = self._attempts.get(self._hall.task(label).build)
        if attempt is not None:
            attempt.answered()

    def carry_out_kills(self) -> None:
        """End every build that the operator asked to end."""
        for build_id in tuple(self._hall.ledger.asked_to_end):
            if build_id in self._killing:
                continue
            if build_id in self._running:
                self._killing[build_id] = self._nursery.start(self.kill_processes(build_id), f"kill {build_id}")
            else:
                self.begin(build_id)

    async def kill_unrecorded(self, label: str, by: str) -> None:
        """Kill what runs of a task although that cannot be written down now; its end will say who did."""
        task = self._hall.store.tasks.get(label)
        attempt = self._attempts.get(task.build) if task is not None else None
        if attempt is not None and not self._hall.build(attempt.id).over:
            attempt.killed_unrecorded(by)
            await self.kill_processes(attempt.id)

    async def kill_processes(self, build_id: str) -> tuple[KillReport, ...]:
        """Kill all that runs of a build, its verification included."""
        workspace = self._hall.workspace
        build = self._hall.build(build_id)
        # What was frozen at a limit gets no more time to go on in.
        grace_s = 0.0 if build.hold else self._hall.task(build.label).spec.grace_s
        try:
            own = await asyncio.to_thread(kill_build, workspace.build(build_id), grace_s)
            checking = await asyncio.to_thread(kill_build, workspace.verification(build_id))
            return (own, checking)
        finally:
            self._killing.pop(build_id, None)
            # An engine that ends with the last of its work may wait for just this.
            self._hall.wake()

    async def killed(self, label: str, text: str) -> str:
        """Wait until a kill that was asked for has come to its end; return what it took, in words."""
        build_id = self._hall.task(label).build
        killing = self._killing.get(build_id)
        if killing is None:
            return text
        reports = [report for report in await asyncio.shield(killing) if report.found]
        took = max((report.ms for report in reports), default=0.0)
        survivors = [pid for report in reports for pid in report.survivors]
        how = ", ".join(dict.fromkeys(step for report in reports for step in report.how))
        words = f"{label}: {build_id} dead in {took:.0f} ms ({how or 'nothing of it ran'})"
        if survivors:
            words = f"{label}: processes {survivors} of {build_id} survived the kill"
        build = self._hall.build(build_id)
        reason = Reason(actor=ENGINE, action="kill_carried_out", why=words, label=label, build=build_id)
        self._hall.store.stage([build], reason)
        self._hall.wake()
        await self._over(build_id)
        return words

    async def all_over(self, builds: Iterable[b.Build]) -> tuple[KillReport, ...]:
        """Wait until the ends of these builds are written down, for a while; return what took them, whoever did it."""
        ids = [build.id for build in builds]
        await self._over(*ids)
        workspace = self._hall.workspace
        places = [place(build_id) for build_id in ids for place in (workspace.build, workspace.verification)]
        return tuple(report for paths in places if (report := killed(paths)) is not None)

    async def _over(self, *build_ids: str) -> None:
        running = {self._running[build_id] for build_id in build_ids if build_id in self._running}
        if running:
            await asyncio.wait(running, timeout=_PATIENCE_S)
        await self._hall.durable()
