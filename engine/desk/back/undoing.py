"""Commands that take back a build, or an entry of the record."""

import re
from collections.abc import Mapping

import msgspec

from engine.desk.back.restoring import Restoring, told
from engine.desk.common import OBSERVES, Common, Handlers, Refused
from engine.policy.times import who
from state.keeping.past import Past, look
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.reversal import Compensation, Reversal

_SEQ = re.compile(r"#?([0-9]{1,15})")
_KEPT = 16
"""So many entries are kept in mind between the looking up and the answering."""
BUILDS = frozenset({"merged", "build_done", "merge_reverted"})
"""The entries that stand for a build: to take them back is to take the build back."""


class Undoing:
    """Says what would be taken back, and asks for it. What a build left in the world is for the engine to undo."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {c.Undo: self._undo}
        self._restoring = Restoring(at)
        self._recalled: dict[int, Past | None] = {}

    def recall(self, what: str) -> None:
        """Look up what an undo of this will need of the journal. Reads files: not for a loop."""
        seq = self._seq(what)
        if seq is not None:
            if len(self._recalled) >= _KEPT:
                self._recalled.clear()
            self._recalled[seq] = look(self.at.store.workspace.journal, seq)

    def past(self, seq: int) -> Past:
        """Return an entry with what was before; Refused when it is not on record. Looked up unless recalled."""
        past = self._recalled[seq] if seq in self._recalled else look(self.at.store.workspace.journal, seq)
        if past is None:
            raise Refused(
                f"there is no entry {seq}, or its contents were erased: `midwatch audit list` shows the latest"
            )
        return past

    def build(self, what: str) -> b.Build | None:
        """Return the build that is meant, or None where an entry is."""
        store = self.at.store
        if what in store.tasks:
            made = [build for build in store.builds.values() if build.label == what]
            if not made:
                raise Refused(f"{what} was never built: `midwatch deny {what}` takes it out of the queue")
            left = [build for build in made if leaves(build)] or made
            return max(left, key=lambda build: build.attempt)
        if what in store.builds:
            return store.builds[what]
        seq = self._seq(what)
        if seq is None:
            raise Refused(f"there is no task, build or entry {what!r}: `midwatch queue --all` lists the tasks")
        reason = self.past(seq).entry.reason
        return store.builds.get(reason.build) if reason.action in BUILDS else None

    def _undo(self, command: c.Undo, actor: str) -> str:
        build = self.build(command.what)
        if build is not None:
            return self.take_back(build, actor, command.why, preview=command.preview)
        seq = self._seq(command.what)
        assert seq is not None, "what is neither task nor build is an entry"
        past = self.past(seq)
        restored = self._restoring.inverse(past)
        if command.preview:
            return "\n".join((restored.text, *(f"  {line} is put back" for line in told(restored.records))))
        self._restoring.stage(restored, past, actor, command.why)
        return restored.text

    def take_back(self, build: b.Build, actor: str, why: str, *, preview: bool = False) -> str:
        """Stage that a build is to be taken back, or only say what that means; Refused when there is nothing to."""
        self._refuse(build)
        steps = steps_of(build, self.at.orders.settings.compensations)
        task = self.at.store.tasks[build.label]
        if isinstance(task.state, t.Done) and task.build == build.id:
            steps.append(f"{task.label} becomes killed: `midwatch retry {task.label}` makes it again")
        later = [
            name for name, other in self.at.store.tasks.items() if build.label in other.spec.depends and other.attempts
        ]
        if later:
            steps.append(f"what was built upon it stays: {', '.join(sorted(later))}")
        if preview:
            return "\n".join((f"{build.id} would be taken back:", *(f"  {step}" for step in steps)))
        now = self.at.clock.now()
        why = why or "asked for by the operator"
        asked = msgspec.structs.replace(
            build,
            reversal=Reversal(by=actor, why=why, asked_at=now),
            reverted=b.Check(result=b.Result.PENDING, text=f"asked for by {who(actor)}", at=now),
        )
        self.at.stage([asked], actor, "undo_asked", why, label=build.label, build=build.id)
        return f"{build.id} is being taken back; where no engine runs, the next one does it"

    def _refuse(self, build: b.Build) -> None:
        if build.reversal is not None:
            raise Refused(f"{build.id} is being taken back already")
        if build.reverted.result is b.Result.YES:
            raise Refused(f"{build.id} was taken back already: {build.reverted.text}")
        if isinstance(build.state, b.Reviewing):
            raise Refused(f"{build.id} waits for review and is nowhere yet: `midwatch deny {build.label}` refuses it")
        if not build.over:
            raise Refused(f"{build.id} is {build.state_name}: `midwatch kill {build.label}` ends it")
        if not leaves(build):
            raise Refused(f"{build.id} left nothing to take back: it merged nothing and reported nothing")
        if self.at.observes:
            raise Refused(f"{OBSERVES}, so {build.id} is not taken back")

    def _seq(self, what: str) -> int | None:
        if what in self.at.store.tasks or what in self.at.store.builds:
            return None
        found = _SEQ.fullmatch(what)
        return int(found[1]) if found else None


def leaves(build: b.Build) -> bool:
    """Whether a build left something outside its sandbox, or in its folder, that can be taken back or was reported."""
    return bool(merged_as(build) or (_ended_well(build) and not build.repo and build.deliverables) or build.did)


def merged_as(build: b.Build) -> str:
    """Return the commit by which a build was merged; empty when it was not."""
    if build.delivered.result is not b.Result.YES:
        return ""
    return build.merged or build.delivered.text.rpartition(" ")[2]


def steps_of(build: b.Build, compensations: Mapping[str, Compensation]) -> list[str]:
    """Say what taking a build back does, step by step, and what it cannot do."""
    steps = []
    if merged := merged_as(build):
        steps.append(
            f"{build.branch} of {build.repo} gets a commit that reverts {merged[:12]}; no file of yours is touched"
        )
    elif not build.repo and build.deliverables:
        steps.append(f"{len(build.deliverables)} files that it made are set aside in its folder")
    for deed in reversed(build.did):
        known = compensations.get(deed.name)
        if deed.undone == "done":
            steps.append(f"{deed.name} was taken back already")
        elif deed.undone == "begun":
            steps.append(f"{deed.name} cannot be undone: a try was cut off, and is not made twice")
        elif known is None:
            steps.append(f"{deed.name} cannot be undone: no compensation is registered for {deed.name}")
        else:
            steps.append(f"{deed.name} is taken back by `{known.run}`")
    return steps


def _ended_well(build: b.Build) -> bool:
    return isinstance(build.state, b.Finished) and build.state.ending == "done"
