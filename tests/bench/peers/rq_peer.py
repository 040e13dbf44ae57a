"""rq on a Redis that syncs each write, with one worker that forks for each job."""

import os
import subprocess
import sys
import time

from redis import Redis  # type: ignore[import-not-found]
from rq import Queue  # type: ignore[import-not-found]
from rq.command import send_stop_job_command  # type: ignore[import-not-found]

from tests.bench.peers import talk


class Peer:
    """The client, and the worker that it starts."""

    def open(self, folder: str, command: str) -> None:
        self._command = command
        self._redis = Redis(unix_socket_path=os.environ["BENCH_REDIS"])
        self._queue = Queue(connection=self._redis)

    def work(self) -> None:
        """Start a worker."""
        worker = os.path.join(os.path.dirname(sys.executable), "rq")
        argv = [sys.executable, worker, "worker", "--url", f"unix://{os.environ['BENCH_REDIS']}", "-q"]
        self._worker = subprocess.Popen(argv)

    def pid(self) -> int:
        """The worker's process."""
        return self._worker.pid

    def submit(self, count: int) -> None:
        """Enqueue jobs."""
        for _ in range(count):
            self._last = self._queue.enqueue(talk.run_shell, self._command)

    def kill(self) -> None:
        """Stop the running job."""
        send_stop_job_command(self._redis, self._last.id)
        time.sleep(0.5)


if __name__ == "__main__":
    talk.serve(Peer())
