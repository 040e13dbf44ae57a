"""Writes down what came of a build, for the build, its task and the operator at once."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

import msgspec

from engine.builds import breakers, unpriced
from engine.builds.comparison import Comparison
from engine.builds.incidents import given_up
from engine.hall import Hall
from engine.policy.approvals import before_merge
from engine.policy.back.way import with_back
from engine.policy.limits import bounds, prices
from engine.policy.moment import vetoed
from engine.rounds.recurring import again
from state.model import build as b
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.brakes.hold import Hold
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.mode import WITHDRAWN
from state.model.moves import move_build, move_task, release
from state.model.view import Record

CLOSED = "the end of its window"
"""Who ends a build that is to end with its window: no verdict on the task, which goes back into the queue."""


class Outcome:
    """The ends that one build can come to, and the stops on the way to the operator."""

    def __init__(self, hall: Hall, build_id: str) -> None:
        self._hall = hall
        self._id = build_id

    @property
    def _build(self) -> b.Build:
        return self._hall.build(self._id)

    @property
    def _task(self) -> t.Task:
        return self._hall.task(self._build.label)

    def needs_review(self) -> bool:
        """Whether the operator must see the diff before it merges."""
        if self._beyond() is not None:
            return True
        verified = self._build.verified.result is b.Result.YES
        return vetoed.stands(self._task) or before_merge(self._task.spec, verified)

    def _beyond(self) -> Hold | None:
        """The limit that it ended beyond: it was over before anybody could hold it."""
        build = self._build
        used = {"files": build.files_changed, "calls": build.calls, "spent": build.spent}
        return bounds.broken(build, used, self._hall.clock.now()) or unpriced.found(self._hall, build)

    def note_beyond(self) -> None:
        """Say so if it ended beyond a limit."""
        beyond = self._beyond()
        if beyond is not None:
            self.note(f"it ended before it could be held: {beyond.short}")
            self.anomaly(beyond.figure, beyond.used, beyond.limit, f"{self._id} ended beyond its limit: {beyond.short}")
        for told in prices.differing(prices.priced(self._build.tokens, self._hall.settings.prices)):
            self.note(told)
        if unpriced.found(self._hall, self._build) is not None and unpriced.pauses(self._hall):
            records = unpriced.asked(self._hall, self._build)
            self._hall.stage(records, "deciding_failed", f"{self._id} used a model without a price", self._build)

    def note(self, text: str) -> None:
        """Add something that the operator should know of how it ran."""
        build = self._build
        if text not in build.notes:
            noted = msgspec.structs.replace(build, notes=(*build.notes, text))
            self._hall.stage([noted], "build_noted", text, build)

    def done(self, note: str) -> None:
        """It is finished and there is nothing to merge."""
        now = self._hall.clock.now()
        self._finish("done", note, t.Done(build=self._id, note=note, at=now), "build_done")

    def delivered(self, commit: str) -> None:
        """It is merged."""
        now = self._hall.clock.now()
        note = f"merged into {self._build.branch} as {commit[:12]}"
        check = b.Check(result=b.Result.YES, text=note, at=now)
        self._finish(
            "done",
            note,
            t.Done(build=self._id, note=note, at=now),
            "merged",
            checks={"delivered": check, "merged": commit},
        )

    def killed(self, text: str) -> None:
        """It was ended from outside: by the operator, because its window closed or because observing began."""
        now = self._hall.clock.now()
        veto = self._task.veto
        if veto is not None and veto.build == self._id:
            self._finish("killed", text, t.Queued(), "build_stopped")
            return
        if self._build.kill_by in (CLOSED, WITHDRAWN) and isinstance(self._task.state, t.Building):
            self._finish("killed", text, t.Queued(), "build_stopped")
            return
        self._finish("killed", text, t.Killed(build=self._id, text=text, at=now), "build_killed")

    def unknown(self, text: str) -> None:
        """Nothing proves what happened; it is never run again by itself."""
        now = self._hall.clock.now()
        state = t.Unknown(build=self._id, text=text, at=now)
        self._finish("unknown", text, state, "build_lost", ask=self._ask_what_happened)

    def _ask_what_happened(self, text: str) -> tuple[Escalation, ...]:
        kind, now = EscalationKind.BUILD_UNKNOWN, self._hall.clock.now()
        return (self._hall.questions.ask(kind, self._task, text, now, build=self._id, urgency=Urgency.HIGH),)

    def failed(self, text: str, **checks: b.Check) -> None:
        """It failed: another try after a while, or the operator's turn after the last one."""
        now = self._hall.clock.now()
        retry = self._hall.settings.retry
        task = self._task
        failures = task.failures + 1
        state: t.TaskState
        if failures <= retry.times:
            at = now + timedelta(seconds=retry.wait_s)
            state = t.Retrying(at=at, text=text)
            self._finish("failed", text, state, "build_failed", failures=failures, checks=checks)
            return
        state = t.Failed(build=self._id, text=text, at=now)
        self._finish("failed", text, state, "build_given_up", ask=self._tell_failure, failures=failures, checks=checks)

    def _tell_failure(self, text: str) -> tuple[Escalation, ...]:
        return given_up(self._hall, self._build, text)

    def over_limit(self, figure: str, value: float, limit: float) -> None:
        """It was stopped at one of its limits, which counts as a failure."""
        text = f"stopped at a limit: {figure} was {value:,.0f}, and {limit:,.0f} are allowed"
        self.anomaly(figure, value, limit, text)
        self.failed(text)

    def held(self, hold: Hold) -> None:
        """It stands still, and the operator is asked whether it may go on."""
        now = self._hall.clock.now()
        build = msgspec.structs.replace(self._build, hold=hold)
        kind = EscalationKind.ANOMALY if hold.anomaly else EscalationKind.LIMIT_REACHED
        urgency, text, pause = Urgency.HIGH, hold.text, list[Record]()
        if hold.figure == prices.UNPRICED and unpriced.pauses(self._hall):
            control, told = unpriced.paused(self._hall, build)
            urgency, text, pause = Urgency.URGENT, f"{hold.text}; {told}", [control]
        question = self._hall.questions.ask(
            kind, self._task, text, now, build=self._id, digest=hold.digest, urgency=urgency
        )
        known = (("figure", hold.figure), ("used", f"{hold.used:,g}"), ("allowed", f"{hold.limit:,g}"))
        self._hall.stage([build, question, *pause], "build_held", text, build, known=known)

    def stalled(self, quiet_s: float, after_s: float) -> None:
        """It shows no sign of life; it goes on, and the operator is asked."""
        now = self._hall.clock.now()
        build = self._build
        text = f"no output, file change or CPU time for {quiet_s:,.0f} s: `midwatch kill {build.label}` ends it"
        question = self._hall.questions.ask(EscalationKind.BUILD_STALLED, self._task, text, now, build=self._id)
        anomaly = self._anomaly("quiet_s", quiet_s, after_s, text)
        self._hall.stage([question, anomaly], "build_stalled", text, build)

    def ask_for_review(self) -> None:
        """It is verified; whether it merges is for the operator to say."""
        now = self._hall.clock.now()
        build, task = self._build, self._task
        verified = "verified" if build.verified.result is b.Result.YES else "not verified: it has no verify command"
        text = f"{verified}; {build.files_changed} files changed; `midwatch diff {build.label}` shows them"
        beyond = self._beyond()
        if beyond is not None:
            text = f"beyond its limit: {beyond.short}; {text}"
        text = with_back(text, task.spec, self._hall.settings.compensations)
        moved = move_task(task, t.AwaitingReview(build=self._id, digest=build.digest))
        reviewing = self._reviewing()
        # The way is clear, if it was not: only the diff is asked about now.
        answered = self._hall.questions.answer(task.label, "the way is clear", now)
        question = self._hall.questions.ask(
            EscalationKind.REVIEW_NEEDED, task, text, now, build=self._id, digest=build.digest
        )
        counted = breakers.passed(self._hall, build)
        known = (("category", task.spec.category), ("verified", build.verified.text or build.verified.result))
        self._hall.stage([moved, reviewing, *answered, question, *counted], "review_asked", text, build, known=known)

    def blocked(self, text: str) -> None:
        """Something stands in the way of the merge; nothing was touched."""
        now = self._hall.clock.now()
        build, task = self._build, self._task
        moved = move_task(task, t.AwaitingReview(build=self._id, digest=build.digest, blocked=text))
        reviewing = self._reviewing(delivered=b.Check(result=b.Result.PENDING, text=text, at=now))
        question = self._hall.questions.ask(
            EscalationKind.DELIVERY_BLOCKED, task, text, now, build=self._id, digest=build.digest
        )
        counted = breakers.passed(self._hall, build)
        self._hall.stage([moved, reviewing, question, *counted], "merge_blocked", text, build)

    def _reviewing(self, **checks: b.Check) -> b.Build:
        """The build as one that waits for the operator, which it may have done before."""
        build = self._build
        if isinstance(build.state, b.Reviewing):
            return msgspec.structs.replace(build, **checks)
        return move_build(build, b.Reviewing(digest=build.digest), **checks)

    def anomaly(self, figure: str, value: float, limit: float, text: str) -> None:
        """Write down a figure that left its band."""
        self._hall.stage([self._anomaly(figure, value, limit, text)], "anomaly_seen", text, self._build)

    def _anomaly(self, figure: str, value: float, limit: float, text: str) -> Anomaly:
        build = self._build
        return Anomaly(
            id=f"a{len(self._hall.store.anomalies) + 1}",
            label=build.label,
            build=build.id,
            figure=figure,
            value=value,
            limit=limit,
            text=text,
            created_at=self._hall.clock.now(),
        )

    def _failures(self, count: int) -> tuple[tuple[str, str], ...]:
        """What it is decided upon whether a task is tried again."""
        again = self._hall.settings.retry
        return (("failures", str(count)), ("allowed", f"{again.times} tries more, {again.wait_s:g} s apart"))

    def _finish(
        self,
        ending: str,
        text: str,
        state: t.TaskState,
        action: str,
        *,
        ask: Callable[[str], tuple[Escalation, ...]] | None = None,
        failures: int | None = None,
        checks: Mapping[str, b.Check | str] = MappingProxyType({}),
    ) -> None:
        now = self._hall.clock.now()
        build, task = self._build, self._task
        over = move_build(release(build, now), b.Finished(ending=ending, text=text, at=now), ended_at=now, **checks)
        moved = move_task(task, state, failures=task.failures if failures is None else failures)
        if isinstance(state, t.Done) and task.spec.cron:
            moved = again(moved, self._hall.settings, now)
        answered = self._hall.questions.answer(task.label, ending, now)
        asked = ask(text) if ask is not None else ()
        # One that was open for the same failure stays open.
        questions = {question.key: question for question in (*answered, *asked)}
        counted = breakers.ended(self._hall, over)
        known = () if failures is None else self._failures(failures)
        self._hall.stage([moved, over, *questions.values(), *counted], action, text, build, known=known)
        Comparison(self._hall, self._id).finished()
