"""The door that every change passes on its way into the journal."""

from typing import Protocol, TypeVar

from state.model.record import Noun

N = TypeVar("N", bound=Noun)


class Door(Protocol):
    """Keeps what must not be written down out of the journal, wherever in a record it stands."""

    def passes(self, data: bytes) -> bool:
        """Whether these bytes of JSON surely hold nothing of it; asked for every line, so it must be quick."""
        ...

    def clean(self, noun: N) -> N:
        """Return a record, or a reason, without it."""
        ...


class OpenDoor:
    """Lets everything through."""

    def passes(self, data: bytes) -> bool:
        """Everything does."""
        return True

    def clean(self, noun: N) -> N:
        """Return it as it is."""
        return noun


OPEN = OpenDoor()
