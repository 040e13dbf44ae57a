"""Commands on whether decisions are carried out."""

from datetime import datetime

import msgspec

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.policy import observing
from engine.policy.times import say
from engine.policy.words import WAITING
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind
from state.model.mode import WITHDRAWN, Mode
from state.model.view import Record


class Modes:
    """Begins and ends a time of observing."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.SetMode: self._set_mode,
        }

    def _set_mode(self, command: c.SetMode, actor: str) -> str:
        control = self.at.store.control
        if control.mode is command.mode:
            raise Refused(f"it is {command.mode} already")
        if command.mode is Mode.OBSERVE:
            return self.observe(control, actor, command.why or "asked for by the operator")
        return self.go_live(control, actor, command.why or "asked for by the operator")

    def observe(self, control: Control, actor: str, why: str, live_after_s: float | None = None) -> str:
        """Stage that nothing executes from now on, for so many seconds or until the operator says otherwise."""
        now = self.at.clock.now()
        control = observing.begun(control, actor, now, live_after_s)
        under_way = [build for build in self.at.store.builds.values() if build.occupies]
        # What has not begun to run never does; what runs is not thrown away, and ends without being merged.
        unbegun = [build for build in under_way if isinstance(build.state, b.Preparing | b.Starting)]
        withdrawn = [msgspec.structs.replace(build, kill_by=WITHDRAWN) for build in unbegun if not build.kill_by]
        self.at.stage([control, *withdrawn], actor, "observe_begun", why)
        told = [f"{OBSERVES}; what would start is written down, and an approval given now does not count later"]
        running = [build.label for build in under_way if build not in unbegun]
        if running:
            told.append(f"still running, and not merged when done: {', '.join(running)} (`midwatch kill` ends one)")
        if control.observation is not None and control.observation.live_at is not None:
            told.append(f"it goes live by itself at {say(control.observation.live_at)}")
        return "; ".join(told)

    def go_live(self, control: Control, actor: str, why: str) -> str:
        """Stage that decisions are carried out from now on. No yes that was given while observing counts: ask again."""
        observation, now = control.observation, self.at.clock.now()
        assert observation is not None, "only what observes goes live"
        records: list[Record] = [observing.ended(control)]
        asked = []
        for task in (self.at.store.tasks[label] for label in observation.agreed):
            if isinstance(task.state, WAITING):
                fresh, questions = self.at.judged(msgspec.structs.replace(task, approval=None), now)
                records += [fresh, *questions]
                asked.append(task.label)
            elif isinstance(task.state, t.AwaitingReview):
                build = msgspec.structs.replace(self.at.store.builds[task.state.build], approval=None)
                records += [build, self._asked_again(task, task.state, now)]
                asked.append(task.label)
        self.at.stage(records, actor, "live_begun", why)
        told = "live: what may start, starts from now on, and what may merge, merges"
        return told + (
            f"; a yes given while observing does not count, so it asks again: {', '.join(asked)}" if asked else ""
        )

    def _asked_again(self, task: t.Task, state: t.AwaitingReview, now: datetime) -> Escalation:
        kind = EscalationKind.DELIVERY_BLOCKED if state.blocked else EscalationKind.REVIEW_NEEDED
        text = state.blocked or f"your yes while observing does not count: `midwatch diff {task.label}` shows it again"
        return self.at.questions.ask(kind, task, text, now, build=state.build, digest=state.digest)
