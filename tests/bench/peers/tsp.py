"""task-spooler, which keeps its queue in memory."""

import os
import subprocess

from tests.bench.peers.talk import serve


class Peer:
    """The client program, which starts its own server."""

    def open(self, folder: str, command: str) -> None:
        self._command = command
        self._env = {**os.environ, "TS_SOCKET": f"{folder}/tsp.sock", "TMPDIR": folder, "TS_SLOTS": "2"}
        self._tsp = os.environ["BENCH_TSP"]

    def work(self) -> None:
        """Let two jobs run at a time."""
        self._call("-S", "2")

    def submit(self, count: int) -> None:
        """Enqueue jobs."""
        for _ in range(count):
            self._call("-n", "/bin/sh", "-c", self._command)

    def kill(self) -> None:
        """End the job that runs."""
        self._call("-k")

    def close(self) -> None:
        """End the server."""
        self._call("-K")

    def _call(self, *words: str) -> None:
        subprocess.run([self._tsp, *words], env=self._env, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    serve(Peer())
