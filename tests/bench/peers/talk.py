"""Lets the benchmark drive a contestant that runs in a process of its own, by lines of JSON."""

import json
import os
import subprocess
import sys
import time
from typing import Any, Protocol


class Peer(Protocol):
    """What a contestant can be asked for. One that lacks something does not have the method."""

    def open(self, folder: str, command: str) -> None:
        """Be ready to take jobs, with all files in `folder`; `command` is the shell line of a job."""

    def submit(self, count: int) -> None:
        """Take `count` jobs one by one, each accepted before the next is handed in."""


def serve(peer: Any) -> None:
    """Answer calls from standard input until it ends: `{"do": NAME, "with": [...]}` by `{"at", "took_s", "gave"}`.

    `at` is the monotonic clock just before the call. What the contestant prints goes to standard error.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        call = json.loads(line)
        at = time.monotonic()
        try:
            gave = getattr(peer, call["do"])(*call["with"])
            answer = {"at": at, "took_s": time.monotonic() - at, "gave": gave}
        except Exception as error:  # noqa: BLE001 - the edge of the process: whoever asked is told
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers)


def run_shell(command: str) -> int:
    """Run a job's command and wait for it, as a job of every contestant that is a library."""
    return subprocess.run(["/bin/sh", "-c", command]).returncode
