"""How much memory a build's processes take together."""

import os
from pathlib import Path

from engine.safety import groups, processes
from engine.safety.processes import Identity

_PAGE = os.sysconf("SC_PAGE_SIZE")
_OWN = (("anon", "shmem"), ("total_rss", "total_shmem"))
"""What the kernel's count of a control group calls memory that is no file's: in version 2, and in version 1."""


def held_bytes(i: Identity) -> int:
    """Return what a build's processes hold in memory now, files that they read or write left out; 0 once it is over.

    The kernel's own count where a control group keeps one. Else the sum over the processes, in which pages that they
    share by having been forked count for each of them: rather too much than too little.
    """
    if not processes.alive(i):
        return 0
    counted = _by_group(i.pid)
    if counted is not None:
        return counted
    return sum(_own(pid) for pid in processes.tree_of(i.pid, processes.all_stats()))


def _by_group(pid: int) -> int | None:
    for group in groups.of(pid):
        try:
            lines = Path(group, "memory.stat").read_text().splitlines()
        except OSError:
            # Another hierarchy, or it ended in between.
            continue
        told = {name: int(value) for name, value in (line.split() for line in lines)}
        for names in _OWN:
            if names[0] in told:
                return sum(told.get(name, 0) for name in names)
    return None


def _own(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return 0
    return max(int(fields[1]) - int(fields[2]), 0) * _PAGE
