"""Answers commands by changing the store: what needs no running process to be done."""

from engine.clock import Clock
from engine.desk.answers import Answers
from engine.desk.back.overriding import Overriding
from engine.desk.back.undoing import Undoing
from engine.desk.breakers import Breakers
from engine.desk.common import Common, Handlers, Refused
from engine.desk.faults import Faults
from engine.desk.holds import Holds
from engine.desk.learning.patterns import Patterns
from engine.desk.learning.problems import Problems
from engine.desk.links.mails import Mails
from engine.desk.links.research import Research
from engine.desk.modes import Modes
from engine.desk.privacy import Privacy
from engine.desk.queueing import Queueing
from engine.desk.rolling import Rolling
from engine.desk.safekeeping import Safekeeper
from engine.desk.signals.checking import Checking
from engine.desk.signals.taking import Taking
from engine.desk.stopping import Stopping
from engine.desk.times import Times
from engine.questions import Questions
from engine.rounds.orders import NotNow
from state.model import command as c
from state.settings import Settings
from state.store import Store


class Desk:
    """The engine's front desk. It stages; whoever owns it flushes. Works with and without a running engine."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, questions: Questions) -> None:
        self.common = Common(store, settings, clock, questions)
        self.modes = Modes(self.common)
        self.faults = Faults(self.common)
        self.undoing = Undoing(self.common)
        self.rolling = Rolling(self.common)
        holds, mails = Holds(self.common), Mails(self.common)
        queueing = Queueing(self.common)
        # Nothing is to be written down of these beforehand: what they are about is done afterwards.
        self._handlers: Handlers = {kind: lambda command, actor: "" for kind in (c.Present, c.PruneAudit)}
        for group in (
            queueing,
            Taking(self.common, queueing),
            Checking(self.common),
            Research(self.common, queueing),
            Answers(self.common, holds, mails),
            holds,
            mails,
            Stopping(self.common),
            Times(self.common),
            Safekeeper(self.common),
            Breakers(self.common),
            Privacy(self.common),
            Problems(self.common),
            Patterns(self.common, queueing),
            self.modes,
            self.faults,
            self.undoing,
            self.rolling,
        ):
            self._handlers |= group.handlers
        self._handlers |= Overriding(self.common, self.undoing, self._handlers).handlers

    def handle(self, request: c.Request) -> c.Reply:
        """Stage what a command asks for, or refuse it in words; nothing is staged of a refused command."""
        try:
            text = self._handlers[type(request.command)](request.command, request.actor)
        except (Refused, NotNow) as refusal:
            return c.Reply(ok=False, text=str(refusal), code=1, number=self.common.store.number)
        return c.Reply(ok=True, text=text, number=self.common.store.number)
