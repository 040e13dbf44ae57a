"""APScheduler 4, a preview, with its SQLAlchemy store on SQLite, in the process that uses it."""

import os
import time

from apscheduler import Scheduler  # type: ignore[import-not-found]
from apscheduler.datastores.sqlalchemy import SQLAlchemyDataStore  # type: ignore[import-not-found]

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

    def kill(self) -> None:
        """End the scheduler, which is all that there is."""
        self._scheduler.stop()
        time.sleep(0.5)


if __name__ == "__main__":
    talk.serve(Peer())
