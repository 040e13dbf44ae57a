"""Counts which files a running build changed of a repository, as often as that is worth it."""

import logging
import math
import time

from engine.work.counts import changes
from engine.work.git import GitError
from state.files import BuildPaths
from state.model.progress import Progress

log = logging.getLogger("midwatch.builds")

_LEAST_S = 0.2
"""The shortest time between two counts."""
_SHARE = 10
"""A count that took long is not made again before this many times as long."""
_LATE_S = 2.0
"""So long after the first count one more is made: what was changed before anything was watched is told to nobody."""


class Recount:
    """The number of changed files of one build; the watch on its folder only says when to count again."""

    def __init__(self, paths: BuildPaths, *, repo: bool) -> None:
        self.files: int | None = 0 if repo else None
        """None where the watch's own number counts: without a repository, or when that cannot be read."""
        self._paths = paths
        self._due_at = time.monotonic() if repo else math.inf
        self._counted_at = -math.inf
        self._rest_s = _LEAST_S
        self._seen = (0, 0)
        self._first = True

    def seen(self, progress: Progress) -> None:
        """Take note of what the watch saw: when it is something else than before, it is time to count."""
        seen = (progress.files_changed, progress.disk_bytes)
        if self.files is not None and seen != self._seen:
            self._seen = seen
            self._due_at = min(self._due_at, self._counted_at + self._rest_s)

    def rest_s(self) -> float:
        """Return in how many seconds a count is due; infinity when none is."""
        return max(self._due_at - time.monotonic(), 0.0)

    async def count(self) -> bool:
        """Count, if it is time to; return whether that was so."""
        if self.rest_s() > 0 or self.files is None:
            return False
        await self.count_now()
        return True

    async def count_now(self) -> None:
        """Count, whenever the last time was."""
        if self.files is None:
            return
        began = time.monotonic()
        try:
            self.files = await changes.count(self._paths)
        except GitError as error:
            # What the watch saw is more than what counts, never less.
            log.warning("changes are counted by the watch alone: %s", error)
            self.files = None
        self._counted_at = time.monotonic()
        self._rest_s = max(_LEAST_S, _SHARE * (self._counted_at - began))
        self._due_at = self._counted_at + _LATE_S if self._first else math.inf
        self._first = False
