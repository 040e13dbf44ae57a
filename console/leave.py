"""What is to become of the process once the console's screen has ended."""

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Why the screen ended, and so what comes next."""

    QUIT = "quit"
    """The operator left and nothing of this process is needed any more."""
    HEADLESS = "headless"
    """The operator left; the engine goes on without a screen."""
    DRAIN = "drain"
    """The operator left; nothing more starts, and the process ends with the last running build."""
    LOST = "lost"
    """The terminal is gone: as headless, and nothing may be written to it."""
    TERMINATED = "terminated"
    """Asked to end by SIGTERM."""


class Leave(NamedTuple):
    """The console's result."""

    kind: Kind
