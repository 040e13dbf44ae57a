"""APScheduler 3 with its SQLAlchemy store on SQLite, in the process that uses it."""

import os
import time
from datetime import UTC, datetime, timedelta

import sqlalchemy  # type: ignore[import-not-found]
from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-not-found]
from apscheduler.jobstores.memory import MemoryJobStore  # type: ignore[import-not-found]
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # type: ignore[import-not-found]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-not-found]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-not-found]

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

    def next_of(self, expressions: list[str]) -> float:
        """Return how many seconds it takes to find the next time of each, once they are parsed."""
        triggers = [CronTrigger.from_crontab(text, timezone=UTC) for text in expressions]
        moment = datetime(2026, 3, 4, 12, tzinfo=UTC)
        began = time.perf_counter()
        for trigger in triggers:
            trigger.get_next_fire_time(None, moment)
        return time.perf_counter() - began

    def crons(self, expressions: list[str]) -> None:
        """Store a schedule for each expression."""
        for text in expressions:
            self._scheduler.add_job(
                run_shell, CronTrigger.from_crontab(text, timezone=UTC), args=[self._command], max_instances=1
            )

    def late_by(self, count: int) -> list[float]:
        """Return by how many seconds each of so many jobs of the same second starts late, eight at a time."""
        self._scheduler.add_executor(ThreadPoolExecutor(8), "eight")
        due = (datetime.now(UTC) + timedelta(seconds=5)).replace(microsecond=0)
        for _ in range(count):
            self._scheduler.add_job(_start, "date", run_date=due, args=[self._command], executor="eight")
        while len(_STARTED) < count:
            time.sleep(0.05)
        return [(at - due).total_seconds() for at in _STARTED]

    def kill(self) -> None:
        """End the scheduler, which is all that there is."""
        self._scheduler.shutdown(wait=False)
        time.sleep(0.5)


_STARTED: list[datetime] = []


def _start(command: str) -> None:
    _STARTED.append(datetime.now(UTC))
    run_shell(command)


def _unsynced(connection: sqlalchemy.engine.interfaces.DBAPIConnection, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


if __name__ == "__main__":
    serve(Peer())
