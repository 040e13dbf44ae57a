"""The command that has goals looked into."""

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.desk.queueing import Queueing
from state.model import command as c
from state.model.links.goal import Researched


class Research:
    """Queues the tasks, and remembers whose turn it was, in one entry of the record."""

    def __init__(self, at: Common, queueing: Queueing) -> None:
        self.at = at
        self._queueing = queueing
        self.handlers: Handlers = {c.LookInto: self._look_into}

    def _look_into(self, command: c.LookInto, actor: str) -> str:
        if self.at.observes:
            raise Refused(f"{OBSERVES}: no goal is looked into")
        goals = self.at.store.goals
        now = self.at.clock.now()
        turns = [
            Researched(goal=key, label=spec.label, at=now, times=goals[key].times + 1 if key in goals else 1)
            for key, spec in command.goals
        ]
        records, told = self._queueing.prepare([spec for _, spec in command.goals])
        names = ", ".join(spec.label for _, spec in command.goals)
        self.at.stage([*records, *turns], actor, "research_queued", f"goals whose turn it is: {names}")
        return "\n".join(told)
