"""Commands that answer what waits for the operator."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.desk.holds import Holds
from engine.desk.links.mails import Mails
from engine.policy import observing
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.moves import move_build, move_task
from state.model.view import Record

_NO_YES = "your yes is on record and does not count later: `midwatch mode live` asks again"


class Answers:
    """Takes a yes or a no to exactly what was shown."""

    def __init__(self, at: Common, holds: Holds, mails: Mails) -> None:
        self.at = at
        self._holds = holds
        self._mails = mails
        self.handlers: Handlers = {
            c.Approve: self._approve,
            c.Deny: self._deny,
            c.Fail: self._fail,
            c.Retry: self._retry,
        }

    def _approve(self, command: c.Approve, actor: str) -> str:
        if (of_it := self._mails.known(command.label)) is not None:
            return self._mails.allow(of_it, command.digest, actor, command.why or "approved by the operator")
        task = self.at.task(command.label)
        now = self.at.clock.now()
        yes = t.Approval(by=actor, at=now, digest=command.digest)
        why = command.why or "approved by the operator"
        held = self._holds.held(task)
        if held is not None:
            return self._holds.allow(*held, command.digest, actor, why)
        if isinstance(task.state, t.AwaitingReview):
            build = self.at.store.builds[task.state.build]
            self._refuse_stale(command.digest, task.state.digest, "the diff")
            build = msgspec.structs.replace(build, approval=yes)
            records: list[Record] = [build, *self.at.questions.answer(task.label, "approved", now)]
            records += observing.agreed(self.at.store.control, task.label)
            self.at.stage(records, actor, "merge_approved", why, label=task.label, build=build.id)
            if self.at.observes:
                return f"{task.label}: observe mode: nothing executes, so the diff is not merged; {_NO_YES}"
            return f"{task.label}: its diff is approved; it merges when it is the branch's turn"
        if isinstance(task.state, t.AwaitingApproval | t.Held):
            self._refuse_stale(command.digest, task.spec.digest, "the task")
            answered = self.at.questions.answer(task.label, "approved", now)
            task, asked = self.at.judged(msgspec.structs.replace(task, approval=yes), now)
            records = [task, *answered, *asked, *observing.agreed(self.at.store.control, task.label)]
            self.at.stage(records, actor, "start_approved", why, label=task.label)
            still = "; ".join(finding.text for finding in getattr(task.state, "findings", ()))
            if self.at.observes:
                besides = f" ({still})" if still else ""
                return f"{task.label}: observe mode: nothing executes, so it does not start{besides}; {_NO_YES}"
            return f"{task.label}: {task.state_name}" + (f", although approved: {still}" if still else "")
        raise Refused(f"{task.label} is {task.state_name}: nothing on it waits for an approval{self._hint(task)}")

    @staticmethod
    def _refuse_stale(shown: str, present: str, what: str) -> None:
        if shown != present:
            raise Refused(f"{what} has changed since it was shown: look at it again, then approve what is there now")

    @staticmethod
    def _hint(task: t.Task) -> str:
        if isinstance(task.state, t.Failed | t.Killed | t.Unknown):
            return f"; `midwatch retry {task.label}` tries it again"
        return ""

    def _deny(self, command: c.Deny, actor: str) -> str:
        if (of_it := self._mails.known(command.label)) is not None:
            return self._mails.refuse(of_it, actor, command.why or "denied by the operator")
        if command.label not in self.at.store.tasks and (closed := self.at.questions.open_on(command.label)):
            answered = self.at.questions.answer(command.label, "denied", self.at.clock.now())
            self.at.stage(answered, actor, "question_dismissed", command.why or "dismissed by the operator")
            return f"{command.label}: {len(closed)} questions are closed"
        task = self.at.task(command.label)
        now = self.at.clock.now()
        why = command.why or "denied by the operator"
        held = self._holds.held(task)
        if held is not None:
            return self._holds.refuse(*held, command.digest, actor, why)
        if isinstance(task.state, t.AwaitingReview) and command.digest not in ("", task.state.digest):
            raise Refused("the diff has changed since it was shown: look at it again")
        answered = self.at.questions.answer(task.label, "denied", now)
        if isinstance(task.state, t.AwaitingReview):
            build = self.at.store.builds[task.state.build]
            over = move_build(build, b.Finished(ending="killed", text=f"denied: {why}", at=now), ended_at=now)
            over = msgspec.structs.replace(over, delivered=b.Check(result=b.Result.NO, text=f"denied: {why}", at=now))
            task = move_task(task, t.Killed(build=build.id, text=f"denied: {why}", at=now))
            self.at.stage([task, over, *answered], actor, "merge_denied", why, label=task.label, build=build.id)
            return f"{task.label}: denied; its work is kept in {build.id}"
        if isinstance(task.state, t.AwaitingApproval | t.Held | t.Queued | t.Retrying):
            task = move_task(task, t.Killed(build="", text=f"denied: {why}", at=now))
            self.at.stage([task, *answered], actor, "start_denied", why, label=task.label)
            return f"{task.label}: denied"
        if answered:
            self.at.stage(answered, actor, "question_dismissed", why, label=task.label)
            return f"{task.label}: its questions are closed; it stays {task.state_name}"
        raise Refused(f"{task.label} is {task.state_name}: nothing on it waits for an answer")

    def _fail(self, command: c.Fail, actor: str) -> str:
        task = self.at.task(command.label)
        why = command.why or "counted as failed by the operator"
        if not isinstance(task.state, t.Building | t.Verifying | t.AwaitingReview):
            raise Refused(f"{task.label} is {task.state_name}: there is no build of it to fail")
        build = msgspec.structs.replace(self.at.store.builds[task.state.build], fail_by=f"{actor}: {why}")
        self.at.stage([build], actor, "fail_asked", why, label=task.label, build=build.id)
        return f"{task.label}: {build.id} counts as failed"

    def _retry(self, command: c.Retry, actor: str) -> str:
        task = self.at.task(command.label)
        now = self.at.clock.now()
        why = command.why or "tried again by the operator"
        records: list[Record] = []
        if isinstance(task.state, t.AwaitingReview):
            build = self.at.store.builds[task.state.build]
            text = "set aside for a new attempt"
            records.append(move_build(build, b.Finished(ending="failed", text=text, at=now), ended_at=now))
        elif not isinstance(task.state, t.Retrying | t.Done | t.Failed | t.Killed | t.Unknown):
            raise Refused(f"{task.label} is {task.state_name}: it needs no retry")
        task = move_task(task, t.Queued(), failures=0)
        answered = self.at.questions.answer(task.label, "retried", now)
        task, asked = self.at.judged(task, now)
        self.at.stage([task, *records, *answered, *asked], actor, "task_retried", why, label=task.label)
        return f"{task.label}: {task.state_name}"
