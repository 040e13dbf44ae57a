"""Commands that put tasks in the queue."""

from collections.abc import Sequence

import msgspec

from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.policy.blockers import cycle
from engine.rounds.recurring import first_slot
from engine.safety.privacy import vault
from engine.safety.privacy.ward import ward
from engine.schedule.cron import CronError
from state.model import command as c
from state.model import task as t
from state.model.view import Record


class Queueing:
    """Checks what is asked for as a whole, and queues all of it or nothing."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.AddTasks: self._add,
            c.SpawnTask: self._spawn,
        }

    def _add(self, command: c.AddTasks, actor: str) -> str:
        records, told = self.prepare(command.specs)
        if not command.specs:
            raise Refused("nothing to add: the list of tasks is empty")
        names = ", ".join(spec.label for spec in command.specs[:5])
        self.at.stage(records, actor, "task_added", f"asked for: {names}", label=command.specs[0].label)
        return "\n".join(told)

    def prepare(self, specs: Sequence[t.Spec], doubt: str = "") -> tuple[list[Record], list[str]]:
        """Return the records that put these tasks in the queue, to be staged, and the state of each in words.

        `doubt` is why the operator must agree first, whatever the rules say. Raises Refused, with every reason.
        """
        now = self.at.clock.now()
        self._refuse_bad_batch(specs)
        records: list[Record] = []
        told = []
        for spec in self._pseudonymised(specs):
            slot = first_slot(spec, self.at.orders.settings, now)
            task = t.Task(spec=spec, state=t.Queued(), added_at=now, slot=slot, doubt=doubt)
            task, questions = self.at.judged(task, now)
            records += [task, *questions]
            told.append(f"{spec.label}: {task.state_name}")
        return records, told

    def _spawn(self, command: c.SpawnTask, actor: str) -> str:
        if self.at.observes:
            raise Refused(f"{OBSERVES}, so nothing is built now; `midwatch add` puts it in the queue")
        self._refuse_bad_batch((command.spec,))
        now = self.at.clock.now()
        (spec,) = self._pseudonymised((command.spec,))
        approval = t.Approval(by=actor, at=now, digest=spec.digest)
        task = t.Task(spec=spec, state=t.Queued(), added_at=now, forced=True, approval=approval)
        task, questions = self.at.judged(task, now)
        self.at.stage([task, *questions], actor, "task_spawned", "the operator asked for it now", label=task.label)
        return f"{task.label}: {task.state_name}"

    def _refuse_bad_batch(self, specs: Sequence[t.Spec]) -> None:
        seen: set[str] = set()
        problems = []
        for spec in specs:
            if spec.label in self.at.store.tasks or spec.label in seen:
                problems.append(f"{spec.label}: there is a task of this label already; choose another with --label")
            seen.add(spec.label)
        for spec in specs:
            for name in spec.depends:
                if name not in seen and name not in self.at.store.tasks:
                    problems.append(f"{spec.label}: depends on {name}, and there is no such task")
            problems += self._bad_cron(spec)
            found = vault.unfit(msgspec.structs.asdict(spec), ward(self.at.store.workspace))
            problems += [f"{spec.label}: {field}: {text}" for field, text in found]
        if not problems:
            ring = cycle(specs, self.at.store.tasks)
            if ring:
                problems.append(f"the dependencies go round in a circle: {' -> '.join(ring)}")
        if problems:
            raise Refused("\n".join(problems))

    def _pseudonymised(self, specs: Sequence[t.Spec]) -> list[t.Spec]:
        """Keep what tells of people where it can be erased, before the record knows of a placeholder for it."""
        workspace = self.at.store.workspace
        told = []
        for spec in specs:
            without, words = vault.pseudonymised(spec, ward(workspace))
            try:
                vault.Vault(workspace).keep(spec.label, words)
            except OSError as error:
                raise Refused(f"{spec.label}: what it says of people cannot be kept apart: {error}") from error
            told.append(without)
        return told

    def _bad_cron(self, spec: t.Spec) -> list[str]:
        try:
            first_slot(spec, self.at.orders.settings, self.at.clock.now())
        except (CronError, ValueError) as error:
            return [f"{spec.label}: {error}"]
        return []
