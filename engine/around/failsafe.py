"""The one edge around deciding: whatever fails there stops the deciding, and nothing else."""

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

from engine.desk.desk import Desk
from engine.hall import Hall
from state.store import StoreFailed

log = logging.getLogger("midwatch.engine")

_ROOT = Path(__file__).resolve().parents[2]


class Failsafe:
    """On the engine's loop only. While it is `manual`, the engine only does what the operator asks for."""

    def __init__(self, hall: Hall, desk: Desk) -> None:
        self._hall = hall
        self._desk = desk
        self._unrecorded = ""
        """A failure of the store, which can only be written down once that takes changes again."""

    @property
    def manual(self) -> bool:
        """Whether nothing may be decided by itself."""
        return bool(self._unrecorded) or self._hall.store.control.manual

    def edge(self, what: str) -> "_Edge":
        """Let nothing that fails in here out, but a failing store: it is logged in full and stops the deciding."""
        return _Edge(what, self._failed)

    def _failed(self, what: str, error: Exception) -> None:
        log.error("%s failed: nothing is decided any more", what, exc_info=error)
        self._desk.faults.trip(f"{what} failed{_place(error)}: {_last_line(error)}")
        # What was taken up to be judged has no verdict: all of it is due again when deciding goes on.
        self._hall.ledger.waiting.judge_again(self._hall.store.tasks.values())
        self._hall.wake()

    def store_failed(self, text: str) -> None:
        """Take note of a change that could not be written down."""
        self._unrecorded = f"the record could not be written: {text}"

    def begin(self) -> None:
        """Stage what could not be written down before; to be done at the start of each turn."""
        if self._unrecorded:
            self._desk.faults.trip(self._unrecorded)

    def recovered(self) -> None:
        """All that was staged is on the disk."""
        self._unrecorded = ""

    def well(self) -> None:
        """A whole turn was decided."""
        self._desk.faults.well()


class _Edge:
    """Where what nobody foresaw ends."""

    def __init__(self, what: str, failed: Callable[[str, Exception], None]) -> None:
        self._what = what
        self._failed = failed

    def __enter__(self) -> None:
        """Nothing is held."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        """Keep every failure but the store's, which has a way of its own, and orders to end."""
        if not isinstance(error, Exception) or isinstance(error, StoreFailed):
            return False
        self._failed(self._what, error)
        return True


def _place(error: Exception) -> str:
    """Say where it was raised, as a file of ours and a line."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_ROOT) and ".venv" not in path.parts:
            return f" in {path.relative_to(_ROOT)} line {frame.lineno}"
    return ""


def _last_line(error: Exception) -> str:
    return traceback.format_exception_only(error)[-1].strip()
