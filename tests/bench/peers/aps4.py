"""APScheduler 4, a preview, with its SQLAlchemy store on SQLite, in the process that uses it."""

import os
import time
from datetime import UTC

from apscheduler import Scheduler  # type: ignore[import-not-found]
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore  # type: ignore[import-not-found]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-not-found]

from tests.bench.peers import talk


class Peer:
    """A scheduler with at most two jobs at a time."""

    def open(self, folder: str, command: str) -> None:
        self._command = command
        store = SQLAlchemyDataStore(f"sqlite+aiosqlite:///{folder}/aps4.db")
        self._scheduler = Scheduler(store, max_concurrent_jobs=2)
        self._scheduler.__enter__()

    def work(self) -> None:
        """Let jobs run."""
        self._scheduler.start_in_background()

    def pid(self) -> int:
        """The scheduler's process, which is this one."""
        return os.getpid()

    def submit(self, count: int) -> None:
        """Add jobs."""
        for _ in range(count):
            self._scheduler.add_job(talk.run_shell, args=[self._command])

    def next_of(self, expressions: list[str]) -> float:
        """Return how many seconds it takes to find the next time of each, once they are parsed."""
        triggers = [CronTrigger.from_crontab(text, timezone=UTC) for text in expressions]
        began = time.perf_counter()
        for trigger in triggers:
            trigger.next()
        return time.perf_counter() - began

    def kill(self) -> None:
        """End the scheduler, which is all that there is."""
        self._scheduler.stop()
        time.sleep(0.5)


if __name__ == "__main__":
    talk.serve(Peer())
