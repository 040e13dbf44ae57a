"""Commands on patterns: what was noticed is noted, and what will be wanted is queued ahead."""

import msgspec

from engine.desk.common import Common, Handlers, Refused
from engine.desk.queueing import Queueing
from engine.learning.patterns import prebuild
from engine.learning.patterns.likeness import of_task
from engine.policy.times import say_here
from engine.safety.privacy import vault
from engine.safety.privacy.ward import ward
from state.model import command as c
from state.model.learning.pattern import NOTED, SOURCE, Pattern, Prebuilt
from state.model.reason import POSSIBLE, Reason
from state.model.view import Record

_MOVED = 0.02
"""A pattern whose confidence has changed by less is not written down again."""
_KEPT = 60
"""So many of the latest tasks built ahead are remembered of each pattern."""


class Patterns:
    """Keeps one row for each pattern, and lets at most one task be built ahead for each of its occurrences."""

    def __init__(self, at: Common, queueing: Queueing) -> None:
        self.at = at
        self.queueing = queueing
        self.handlers: Handlers = {c.NotePatterns: self._note, c.BuildAhead: self._ahead}

    def _note(self, command: c.NotePatterns, actor: str) -> str:
        known = self.at.store.patterns
        now = self.at.clock.now()
        fresh = [msgspec.structs.replace(row, noted_at=now, prebuilt=()) for row in command.seen if row.id not in known]
        changed = [
            msgspec.structs.replace(row, noted_at=known[row.id].noted_at, prebuilt=known[row.id].prebuilt)
            for row in command.seen
            if row.id in known and abs(row.confidence - known[row.id].confidence) >= _MOVED
        ]
        for row in fresh:
            self._stage(row, (row,), actor, NOTED, row.text)
        told = f"{len(command.seen)} patterns, {len(fresh)} of them not noted before"
        if changed:
            self.at.stage(changed, actor, "patterns_followed", told)
        return told

    def _ahead(self, command: c.BuildAhead, actor: str) -> str:
        """Queue a task before anybody asks for it, as `add` would; what came of it waits for a review."""
        settings = self.at.orders.settings.patterns
        row = self.at.store.patterns.get(command.pattern)
        if row is None:
            raise Refused(f"there is no pattern {command.pattern!r}: `midwatch patterns check` notes what there is")
        if not settings.prebuild:
            raise Refused("nothing is built ahead: [patterns] prebuild = true in midwatch.toml allows it")
        if row.confidence <= settings.prebuild_over:
            sure = f"{row.confidence:.0%}, and [patterns] prebuild_over asks for more than {settings.prebuild_over:.0%}"
            raise Refused(f"{row.id} is not sure enough to build ahead for it: {sure}")
        now = self.at.clock.now()
        when = say_here(command.at, now, self.at.rules.zone)
        if prebuild.built_for(row.prebuilt, command.at):
            raise Refused(f"something was queued already for {when}, when {row.id} is expected")
        # The record knows people by placeholders, and what is alike there is told by them.
        without, _ = vault.pseudonymised(command.spec, ward(self.at.store.workspace))
        if prebuild.there(self.at.store.tasks.values(), of_task(without), command.since):
            raise Refused(f"a like task is there already, so nothing is built ahead for {row.id}")
        spec = msgspec.structs.replace(command.spec, source=SOURCE)
        records, told = self.queueing.prepare([spec])
        made = (*row.prebuilt, Prebuilt(at=command.at, label=spec.label))[-_KEPT:]
        row = msgspec.structs.replace(row, prebuilt=made)
        self._stage(row, (row, *records), actor, "built_ahead", f"expected {when}: {row.text}", spec.label)
        return "\n".join(told)

    def _stage(
        self, row: Pattern, records: tuple[Record, ...], actor: str, action: str, why: str, label: str = ""
    ) -> None:
        known = (("pattern", row.id), ("came", f"{row.hits} of {row.occasions}"))
        options = POSSIBLE.get(action, ())
        reason = Reason(
            actor=actor, action=action, why=why, label=label, options=options, known=known, confidence=row.confidence
        )
        self.at.store.stage(records, reason)
