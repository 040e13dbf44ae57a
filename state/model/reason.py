"""Why a change was made: no change of state is written without one."""

from state.model.record import Noun

ENGINE = "engine"
"""The actor of what the engine decides by itself. Operators are `operator:<user>`."""


class Reason(Noun, frozen=True, kw_only=True):
    """Who did what, why, what else was possible and how sure it was."""

    actor: str
    action: str
    """A past-tense event in snake case, such as `build_started`."""
    why: str
    label: str = ""
    """The task it is about, if any."""
    build: str = ""
    """The build it is about, if any."""
    options: tuple[str, ...] = ()
    """What was possible, in words; the first of them was chosen."""
    known: tuple[tuple[str, str], ...] = ()
    """What it was decided upon: names with values, both in words."""
    confidence: float | None = None
    """0.0 to 1.0; None where a fixed rule decided."""
