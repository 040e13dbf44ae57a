"""A tree of processes that do not want to die.

    python3 tree.py FOLDER COUNT [KIND...]

makes COUNT processes, going round the kinds. Each opens FOLDER/alive and locks it (shared), then adds a byte to
FOLDER/ready, then lives on. So the tree is complete when `ready` has COUNT bytes, and it is dead, all of it and
whatever it has turned into, exactly when somebody else can lock `alive` for himself.
"""

import fcntl
import os
import signal
import sys
import time


def deaf() -> None:
    """Ignore all that can be ignored."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def arrive(folder: str) -> None:
    """Take the lock that proves life, and be counted."""
    fcntl.flock(os.open(f"{folder}/alive", os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_SH)
    ready = os.open(f"{folder}/ready", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(ready, b".")
    os.close(ready)


def live() -> None:
    """Stay for ever."""
    while True:
        time.sleep(1000)


def plain(folder: str) -> None:
    arrive(folder)
    live()


def ignores(folder: str) -> None:
    deaf()
    plain(folder)


def session(folder: str) -> None:
    os.setsid()
    ignores(folder)


def group(folder: str) -> None:
    os.setpgid(0, 0)
    ignores(folder)


def daemon(folder: str) -> None:
    os.setsid()
    if os.fork():
        os._exit(0)
    ignores(folder)


def stopped(folder: str) -> None:
    arrive(folder)
    os.kill(os.getpid(), signal.SIGSTOP)
    live()


def hopper(folder: str) -> None:
    """Never be the same process for long: the child goes on and the parent is gone."""
    deaf()
    arrive(folder)
    while True:
        time.sleep(0.02)
        # The lock belongs to the open file, which the child inherits, so it is never let go in between.
        if os.fork():
            os._exit(0)
        os.setsid()


def breeder(folder: str) -> None:
    """Have a new child all the time, each in a session of its own."""
    deaf()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    arrive(folder)
    while True:
        if not os.fork():
            os.setsid()
            time.sleep(0.3)
            os._exit(0)
        time.sleep(0.02)


def stranger(folder: str) -> None:
    """Leave the session and forget the environment that one was started with."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve("/usr/bin/python3", ["python3", os.path.abspath(__file__), folder, "1", "ignores"], {})


KINDS = {kind.__name__: kind for kind in (plain, ignores, session, group, daemon, stopped, hopper, breeder, stranger)}


def main() -> None:
    """Make the tree and stay as its root."""
    folder, count = sys.argv[1], int(sys.argv[2])
    kinds = sys.argv[3:] or ["plain", "ignores", "session", "group", "daemon", "stopped"]
    for number in range(count - 1):
        if not os.fork():
            KINDS[kinds[number % len(kinds)]](folder)
    KINDS[kinds[-1] if count == 1 else "ignores"](folder)


if __name__ == "__main__":
    main()
