"""huey with its SQLite storage as it comes: write-ahead log, synced at every commit."""

import os
import subprocess
import sys
import time

from huey import SqliteHuey  # type: ignore[import-not-found]

from tests.bench.peers.talk import run_shell, serve

POLL = ["-d", "0.005", "-m", "0.005"]
huey = SqliteHuey("bench", filename=os.environ["BENCH_FOLDER"] + "/huey.db", fsync=os.environ.get("BENCH_SYNC") != "no")


@huey.task()
def job(command: str) -> int:
    """Run a command."""
    return run_shell(command)


class Peer:
    """The client, and the consumer that it starts."""

    def open(self, folder: str, command: str) -> None:
        self._command = command

    def work(self) -> None:
        """Start two worker threads."""
        options = POLL if os.environ.get("BENCH_POLL") == "quick" else []
        consumer = os.path.join(os.path.dirname(sys.executable), "huey_consumer")
        argv = [consumer, "tests.bench.peers.huey_peer.huey", "-w", "2", "-k", "thread", "-q", *options]
        self._consumer = subprocess.Popen([sys.executable, *argv])

    def pid(self) -> int:
        """The consumer's process."""
        return self._consumer.pid

    def submit(self, count: int) -> None:
        """Enqueue jobs."""
        for _ in range(count):
            self._last = job(self._command)

    def schedule(self, count: int) -> None:
        """Store jobs for some day."""
        for _ in range(count):
            job.schedule((self._command,), delay=365 * 86400)

    def kill(self) -> None:
        """Revoke the task, then end the consumer, which is all that there is."""
        self._last.revoke()
        self._consumer.terminate()
        time.sleep(0.5)


if __name__ == "__main__":
    # A task is known by its module's name, which must be the one that the consumer imports it under.
    from tests.bench.peers import huey_peer

    serve(huey_peer.Peer())
