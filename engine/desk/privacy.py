"""Commands on what is known of people."""

from engine.desk.common import Common, Handlers, Refused
from engine.safety.privacy import erasing
from engine.safety.privacy.subject import BadSubject, Subject
from state.model import command as c


class Privacy:
    """Says whether a person's words can be erased now; they are erased once nothing else is staged."""

    def __init__(self, at: Common) -> None:
        self.at = at
        self.handlers: Handlers = {
            c.Erase: self._erase,
        }

    def _erase(self, command: c.Erase, actor: str) -> str:
        try:
            subject = Subject(command.subject)
        except BadSubject as error:
            raise Refused(str(error)) from error
        if why := erasing.in_the_way(self.at.store, subject):
            raise Refused(why)
        return "nothing holds it"
