"""APScheduler 3 with its SQLAlchemy store on SQLite, in the process that uses it."""

import os
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy  # type: ignore[import-not-found]
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-not-found]
from apscheduler.jobstores.memory import MemoryJobStore  # type: ignore[import-not-found]
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-not-found]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-not-found]

from tests.bench.peers.talk import run_shell, serve


class Peer:
    """A background scheduler with two threads."""

    def open(self, folder: str, command: str) -> None:
        self._command = command
        engine = sqlalchemy.create_engine(f"sqlite:///{folder}/aps3.db")
        if os.environ.get("BENCH_SYNC") == "no":
            sqlalchemy.event.listen(engine, "connect", _unsynced)
        memory = os.environ.get("BENCH_STORE") == "memory"
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore() if memory else SQLAlchemyJobStore(engine=engine)},
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"misfire_grace_time": None},
            timezone=UTC,
        )
        self._scheduler.start(paused=True)

    def work(self) -> None:
        """Let jobs run."""
        self._scheduler.resume()

    def pid(self) -> int:
        """The scheduler's process, which is this one."""
        return os.getpid()

    def submit(self, count: int) -> None:
        """Add jobs that are due now."""
        for _ in range(count):
            self._last = self._scheduler.add_job(run_shell, args=[self._command])

    def schedule(self, count: int) -> None:
        """Store jobs for some day."""
        some_day = datetime.now(UTC) + timedelta(days=365)
        for number in range(count):
            self._scheduler.add_job(
                run_shell, "date", run_date=some_day + timedelta(seconds=number), args=[self._command]
            )

    def kill(self) -> None:
        """End the scheduler, which is all that there is."""
        self._scheduler.shutdown(wait=False)
        time.sleep(0.5)


def _unsynced(connection: sqlalchemy.engine.interfaces.DBAPIConnection, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


if __name__ == "__main__":
    serve(Peer())
