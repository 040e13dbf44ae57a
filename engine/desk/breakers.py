"""Commands on circuit breakers."""

import difflib

from engine.desk.common import Common, Handlers, Refused
from engine.safety.limits import circuit
from state.model import command as c
from state.model.brakes.breaker import Closed


class Breakers:
    """Closes a breaker on the operator's word."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.ResetBreaker: self._reset,
        }

    def _reset(self, command: c.ResetBreaker, actor: str) -> str:
        known = self.at.store.breakers
        breaker = known.get(command.key) or known.get(command.key.rstrip("/"))
        if breaker is None:
            near = difflib.get_close_matches(command.key, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "`midwatch breaker list` shows all"
            raise Refused(f"there is no breaker {command.key!r}: {hint}")
        if isinstance(breaker.state, Closed) and not (breaker.failures or breaker.unchanged):
            raise Refused(f"the breaker of {breaker.key} is closed, and nothing counts against it")
        answered = self.at.questions.answer(breaker.subject, "reset", self.at.clock.now())
        why = command.why or "reset by the operator"
        self.at.stage([circuit.closed(breaker), *answered], actor, "breaker_reset", why)
        return f"the breaker of {breaker.key} is closed: builds may start"
