"""What the engine does by itself: now, at the next due moment, or nothing any more."""

from datetime import datetime

import msgspec

from engine.around.hours import Hours
from engine.around.mode import ModeKeeper
from engine.around.rates import Rates
from engine.around.rollouts import Rollouts
from engine.builds.roster import Roster
from engine.desk.desk import Desk
from engine.facts import gather, rules_of
from engine.hall import Hall
from engine.nursery import Nursery
from engine.rounds.rounds import Rounds
from engine.safety import kill_switch
from engine.schedule import planner
from engine.viewers.herald import Herald
from state.settings import Settings


class Agenda:
    """On the engine's loop only. It stages; whoever owns it flushes, and begins what is recorded then."""

    def __init__(
        self, hall: Hall, desk: Desk, nursery: Nursery, roster: Roster, rounds: Rounds, herald: Herald
    ) -> None:
        self._hall = hall
        self._desk = desk
        self._roster = roster
        self._rounds = rounds
        self._herald = herald
        self._rules = rules_of(hall.settings)
        self.hours = Hours(hall, nursery, herald.set_info)
        self.keeper = ModeKeeper(hall, desk)
        self.rates = Rates(hall, roster, herald.set_info)
        self._rollouts = Rollouts(hall, desk)
        self.draining = False
        """Whether nothing more is to start."""
        self.until_idle = False
        """Whether the engine is to end once nothing more can start by itself."""

    def apply(self, settings: Settings) -> None:
        """Go by settings that were saved while it ran."""
        self._rules = rules_of(settings)
        self.hours.apply(settings)

    def decide(self, starts: list[str], rounds: list[str]) -> None:
        """Stage what the plan wants; add the builds and schedules to begin once that is durable, one by one."""
        self.keeper.look()
        self._rollouts.look()
        self.hours.look()
        self.rates.look()
        now, occupying = self._hall.clock.now(), self._hall.ledger.occupying()
        settings, picture = self._hall.settings, self._herald.picture()
        facts = gather(picture, settings, now, occupying, self.hours.spans, self.rates.usual)
        facts = msgspec.structs.replace(facts, night=self.rates.night)
        if self.draining:
            facts = msgspec.structs.replace(facts, paused=True)
        if not facts.stopped and kill_switch.engaged(self._hall.workspace):
            # The file counts from the moment that it is there; the watch on it kills before it tells.
            facts = msgspec.structs.replace(facts, stopped=True)
        intents = planner.plan(
            picture,
            facts,
            self._rules,
            waiting=self._hall.ledger.waiting,
            again=self._hall.ledger.waiting.take_again(),
            deliverable=self._roster.deliverable(),
        )
        for intent in intents:
            build = self._roster.record(intent, self._desk)
            if build is not None:
                starts.append(build)
        if self._may_start:
            for name in self._rounds.decide():
                rounds.append(name)  # noqa: PERF402 - what was staged before a failure is begun all the same

    @property
    def stopped(self) -> bool:
        """Whether the kill switch is engaged, by the record or by the file."""
        return self._hall.store.control.stopped or self._herald.info.stop_file

    def next_look(self) -> datetime | None:
        """The next moment at which there is something to decide; None when only something that comes up is."""
        now = self._hall.clock.now()
        moments = (self._next_due(now), self.hours.next_change(), self.keeper.next_change(), self.rates.next_change())
        return min((moment for moment in moments if moment is not None), default=None)

    def exhausted(self, *, manual: bool) -> bool:
        """Whether nothing is left to do: nothing runs, and nothing is to start, or can by itself.

        A frozen build that waits for the operator does not keep an engine that is to end when idle: it stays frozen
        without one, its clock too, and the next engine takes it over.
        While it is `manual`, nothing is decided, so that nothing more comes of being idle.
        """
        waits = self.until_idle and not self.draining and self._roster.stands_still
        if (self._roster.busy and not waits) or self._rounds.busy:
            return False
        if self.draining or (self.until_idle and manual):
            return True
        if not self.until_idle or self._next_due(self._hall.clock.now()) is not None:
            return False
        return not self.hours.awaited(self._herald.picture())

    @property
    def _may_start(self) -> bool:
        return not (self.stopped or self._hall.store.control.paused or self.draining)

    def _next_due(self, now: datetime) -> datetime | None:
        """The next moment at which something may start by itself."""
        moments = [self._roster.next_due(now)]
        if self._may_start:
            moments += [self._rounds.next_due(), self.rates.next_start(self._herald.picture())]
        return min((due for due in moments if due is not None), default=None)
