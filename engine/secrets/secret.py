"""A value that shows itself only when it is asked to."""

from state.errors import MidwatchError


class SecretUnavailable(MidwatchError):
    """A secret's value cannot be had now; its text says what to do, and never the value."""


class Secret:
    """A value with a name. Printing it, in whatever way, prints the name."""

    __slots__ = ("_value", "name")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self._value = value

    def reveal(self) -> str:
        """Return the value itself: for handing it over, and for nothing else."""
        return self._value

    def __repr__(self) -> str:
        return f"[secret {self.name}]"

    def __reduce__(self) -> str:
        raise TypeError(f"{self!r} is not to be written anywhere")
