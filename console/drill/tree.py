"""Builds that do not want to die, and how to see from outside that they are dead."""

import fcntl
import os
from pathlib import Path

_ALIVE = "alive"
_READY = "ready"

_SCRIPT = """\
exec 9>alive; flock -x 9 || exit 1
trap '' TERM HUP INT
i=1
while [ $i -lt {count} ]; do
  case $((i % 4)) in
  0) sh -c 'echo >>ready; exec sleep 900' & ;;
  1) setsid sh -c 'echo >>ready; exec sleep 900' & ;;
  2) (sh -c 'echo >>ready; exec sleep 900' &) ;;
  3) setsid sh -c '(echo >>ready; exec sleep 900) &' ;;
  esac
  i=$((i+1))
done
hop() { sleep 0.1; (hop &); }
(hop &)
echo >>ready
while :; do sleep 900; done
"""
"""Deaf to every polite signal: some leave the session, some lose their parent, one goes on as its own child.

All of them inherit a lock, which is free once the last of them is dead.
"""


def command(count: int) -> str:
    """Return a command line that starts at least so many processes."""
    return _SCRIPT.replace("{count}", str(count))


def grown(work: Path) -> int:
    """Return how many processes of a build have come up."""
    try:
        return (work / _READY).stat().st_size
    except FileNotFoundError:
        return 0


def dead(work: Path) -> bool:
    """Whether no process of a build is left, as its lock tells, whatever the killer thinks of it."""
    fd = os.open(work / _ALIVE, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True
