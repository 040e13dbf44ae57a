"""Celery on a Redis that syncs each write, with two worker processes."""

import os
import subprocess
import sys
import time

from celery import Celery  # type: ignore[import-not-found]

from tests.bench.peers.talk import run_shell, serve

REDIS = os.environ["BENCH_REDIS"]
app = Celery("bench", broker=f"redis+socket://{REDIS}")
app.conf.task_ignore_result = True
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_connection_retry_on_startup = True


@app.task(name="job")
def job(command: str) -> int:
    """Run a command."""
    return run_shell(command)


class Peer:
    """The client, and the workers that it starts."""

    def open(self, folder: str, command: str) -> None:
        self._command = command

    def work(self) -> None:
        """Start two workers."""
        argv = ["-A", "tests.bench.peers.celery_peer", "worker", "-c", "2", "-l", "ERROR"]
        options = ["--without-gossip", "--without-mingle"]
        self._worker = subprocess.Popen([sys.executable, "-m", "celery", *argv, *options])

    def pid(self) -> int:
        """The worker's parent process."""
        return self._worker.pid

    def submit(self, count: int) -> None:
        """Enqueue jobs."""
        for _ in range(count):
            self._last = job.delay(self._command)

    def kill(self) -> None:
        """Revoke the running task by force."""
        app.control.revoke(self._last.id, terminate=True, signal="SIGKILL")
        time.sleep(0.5)


if __name__ == "__main__":
    serve(Peer())
