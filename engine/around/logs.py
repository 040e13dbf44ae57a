"""Shows what is written to the logs that the operator chose."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from engine.hall import Hall
from engine.nursery import Nursery
from engine.signals.tails import Tails
from state.settings import Settings
from state.text import one_line
from state.zones import zone_of

_WIDTH = 120


class Logs:
    """Keeps an eye on the files that the settings name; what they say is shown, and never recorded."""

    def __init__(self, hall: Hall, nursery: Nursery, set_info: Callable[..., None]) -> None:
        self._hall = hall
        self._nursery = nursery
        self._set_info = set_info
        self._watched: tuple[str, ...] = ()
        self._running: asyncio.Task[None] | None = None

    def apply(self, settings: Settings) -> None:
        """Watch what the settings name now. On the engine's loop only."""
        files = settings.watch.logs
        if files == self._watched:
            return
        self._watched = files
        if self._running is not None:
            self._running.cancel()
            self._running = None
        if files:
            tails = Tails([Path(name) for name in files], self._told)
            self._running = self._nursery.start(tails.run(), "the watch on logs")

    def _told(self, path: Path, line: str) -> None:
        at = self._hall.clock.now().astimezone(zone_of(self._hall.settings.time.zone))
        self._set_info(noticed=(f"{at:%H:%M} {path.name}: {one_line(line, _WIDTH)}",))
