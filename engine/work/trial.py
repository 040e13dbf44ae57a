"""A trial sandbox, made for real, that shows what this machine can enforce."""

import os
import secrets
import shlex
import shutil
import tempfile
from pathlib import Path

import msgspec

from engine.safety import kill
from engine.work import cgroup, process
from engine.work.sandbox import PATH, Confinement, Machine, SpawnRefused
from state.files import BuildPaths
from state.settings import DEFAULT_LIMITS

_PATIENCE_S = 10.0
_ROOT = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")


def probe(groups: tuple[cgroup.GroupParent, ...] | None = None, path: str = PATH) -> Machine:
    """Look at this machine and run a trial; `trouble` of the answer is empty only when a sandbox really worked.

    `groups` and `path` replace the machine's control groups and programs, which is how one that offers less is tried.
    """
    offered = cgroup.parents() if groups is None else groups
    machine = Machine(
        bwrap=shutil.which("bwrap", path=path) or "",
        timeout=shutil.which("timeout", path=path) or "",
        prlimit=shutil.which("prlimit", path=path) or "",
        links=tuple(name for name in _ROOT if os.path.islink(f"/{name}")),
        folders=tuple(name for name in _ROOT if os.path.isdir(f"/{name}") and not os.path.islink(f"/{name}")),
    )
    if not machine.timeout:
        return msgspec.structs.replace(machine, trouble="there is no `timeout` program: install coreutils")
    with_groups = _with(machine, offered)
    trouble = _try(with_groups, sandboxed=bool(machine.bwrap))
    if trouble and offered:
        # Groups that can be made but not joined help nobody.
        with_groups = _with(machine, ())
        trouble = _try(with_groups, sandboxed=bool(machine.bwrap))
    if not machine.bwrap:
        trouble = "there is no `bwrap` program: install bubblewrap"
    cgroup.tidy(with_groups.groups)
    return msgspec.structs.replace(with_groups, trouble=trouble)


def _with(machine: Machine, groups: tuple[cgroup.GroupParent, ...]) -> Machine:
    """Return the machine with control groups, and what cannot be enforced with just those."""
    have = {control for parent in groups for control in parent.controls}
    # The kernel exempts root from the limit that it keeps for each user.
    by_rlimit = "rlimit" if os.geteuid() != 0 and machine.prlimit else ""
    process_limit = "cgroup" if "pids" in have else by_rlimit
    unenforced = []
    if not process_limit:
        unenforced.append("the number of processes of a build is not limited")
    if "memory" not in have:
        unenforced.append("memory is limited for each process of a build, not for the build as a whole")
    if "pids" not in have:
        unenforced.append("the number of processes of a build without a sandbox is not limited")
    if "kill" not in have:
        unenforced.append(
            "a process that leaves its session and clears its environment escapes a build without a sandbox"
        )
    return msgspec.structs.replace(
        machine,
        groups=groups,
        process_limit=process_limit,
        memory_limit="cgroup" if "memory" in have else "rlimit",
        unenforced=tuple(unenforced),
    )


def _try(machine: Machine, *, sandboxed: bool) -> str:
    """Run a command confined like a build; return what went wrong, empty when nothing did."""
    with tempfile.TemporaryDirectory(prefix="midwatch-trial-") as folder:
        paths = BuildPaths(Path(folder))
        paths.work.mkdir()
        hidden = f"test ! -e {shlex.quote(folder)}" if sandboxed else "true"
        trial = Confinement(
            build="trial",
            token=secrets.token_hex(16),
            work=str(paths.work),
            limits=DEFAULT_LIMITS,
            sandboxed=sandboxed,
            idle_priority=False,
            # A sandbox that shows this folder under the machine's own name for it is none.
            command=f"{hidden} && echo fine > result",
        )
        try:
            identity = process.spawn(trial, paths, machine)
        except SpawnRefused as error:
            return str(error)
        if not process.wait_ended(identity, paths, _PATIENCE_S):
            kill.kill_build(paths)
            return f"the trial sandbox did not end within {_PATIENCE_S:.0f} s"
        if process.exit_code(paths) == 0 and (paths.work / "result").exists():
            return ""
        said = paths.output.read_text(errors="replace").strip()
        return said or "the trial sandbox ended without a word"
