"""What one build may do, as the command line that holds it to that."""

from engine.work.cgroup import GroupParent
from state.errors import MidwatchError
from state.model.build import Limits
from state.model.record import Noun

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOME = "/home/build"
STATUS_FD = 3

_ETC = (
    "alternatives",
    "ca-certificates",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "pki",
    "services",
    "ssl",
)
"""What programs need of /etc to start, find their libraries and check certificates; nothing that is secret."""


class SpawnRefused(MidwatchError):
    """A build was not started; its text says what stood in the way."""


class Mount(Noun, frozen=True, kw_only=True):
    """A file or folder of the machine that a build may read."""

    host: str
    inside: str


class Confinement(Noun, frozen=True, kw_only=True):
    """What one build may do, see and use up."""

    build: str
    token: str
    """A secret of this spawn, by which its processes are found."""
    work: str
    """The folder that it may write, `/work` inside."""
    mounts: tuple[Mount, ...] = ()
    limits: Limits
    sandboxed: bool = True
    idle_priority: bool = True
    env: dict[str, str] = {}
    """What is granted on top of a bare environment."""
    command: str
    """Run by `sh -c` in the work folder."""


class Machine(Noun, frozen=True, kw_only=True):
    """What this machine can enforce, as a trial has shown."""

    bwrap: str = ""
    timeout: str = ""
    prlimit: str = ""
    links: tuple[str, ...] = ()
    """Folders of the root that are links into /usr, such as `bin`."""
    folders: tuple[str, ...] = ()
    """The same folders where they are real ones."""
    trouble: str = ""
    """Why no sandbox can be made; empty when one really was."""
    groups: tuple[GroupParent, ...] = ()
    process_limit: str = ""
    """How the number of processes is limited: `cgroup`, `rlimit`, or empty for not at all."""
    memory_limit: str = "rlimit"
    """How memory is limited: `cgroup` for a build as a whole, `rlimit` for each of its processes."""
    unenforced: tuple[str, ...] = ()
    """What cannot be promised here, in words for the operator."""


def argv(c: Confinement, machine: Machine, status: str, sealed_fd: int) -> list[str]:
    """Return the whole command line of a build, from the gate that waits for a line on its standard input.

    Each program replaces the one before it, so the process that is spawned is the one that keeps the time:
    gate -> timeout -> bwrap (or a shell that notes the exit code) -> the command.
    `status` is the file for the supervisor's notes, `sealed_fd` an open descriptor that holds `sealed(c, machine)`.
    """
    seconds = f"{max(c.limits.time_s, 0.001):.3f}"
    # The clock stands outside the sandbox: it holds with the engine dead, and the build cannot reach it.
    clock = [machine.timeout, "--verbose", "--signal=KILL", seconds]
    inner = _sandboxed(c, machine, sealed_fd) if c.sandboxed else _unsandboxed(c)
    return ["/bin/sh", "-c", _gate(c, machine), "midwatch-build", status, *clock, *inner]


def sealed(c: Confinement, machine: Machine) -> bytes:
    """Return bubblewrap's arguments, each ended by a zero byte.

    They are handed over by descriptor: what is granted to a build by its environment is then not in a command line,
    which every user of the machine may read.
    """
    words = ["--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"]
    words += ["--cap-drop", "ALL", "--hostname", "build", "--clearenv"]
    for name, value in environment(c, HOME).items():
        words += ["--setenv", name, value]
    words += ["--ro-bind", "/usr", "/usr"]
    for name in machine.links:
        words += ["--symlink", f"usr/{name}", f"/{name}"]
    for name in machine.folders:
        words += ["--ro-bind", f"/{name}", f"/{name}"]
    for name in _ETC:
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    tmp = ["--size", str(c.limits.tmp_bytes), "--tmpfs"]
    words += ["--dev", "/dev", *tmp, "/dev/shm", "--proc", "/proc"]
    words += [*tmp, "/tmp", "--dir", "/var", "--symlink", "../tmp", "/var/tmp", *tmp, HOME]
    for mount in c.mounts:
        words += ["--ro-bind", mount.host, mount.inside]
    words += ["--bind", c.work, "/work", "--chdir", "/work"]
    # The root and /dev are file systems in memory without a limit of their own: nothing may be written there.
    words += ["--remount-ro", "/dev", "--remount-ro", "/"]
    return b"".join(word.encode() + b"\0" for word in words)


def environment(c: Confinement, home: str) -> dict[str, str]:
    """Return the environment of the build's command."""
    return {"PATH": PATH, "HOME": home, "LANG": "C.UTF-8", **c.env}


def _gate(c: Confinement, machine: Machine) -> str:
    """Return a script that waits to be let through, takes on its limits and becomes its arguments.

    If whoever spawned it dies first, the line never comes and nothing starts.
    """
    limits = [
        "-c 0",
        f"-f {max(1, c.limits.file_bytes // 512)}",
        f"-n {c.limits.open_files}",
    ]
    if machine.memory_limit == "rlimit":
        limits.append(f"-v {max(1, c.limits.memory_bytes // 1024)}")
    # Each in a call of its own: a limit that is stricter already cannot be raised, and that is no harm.
    return "\n".join(
        [
            "read -r _ || exit 125",
            *(f"ulimit {limit} 2>/dev/null" for limit in limits),
            "status=$1",
            "shift",
            f'exec "$@" {STATUS_FD}>>"$status" </dev/null',
        ]
    )


def _sandboxed(c: Confinement, machine: Machine, sealed_fd: int) -> list[str]:
    words = [machine.bwrap, "--args", str(sealed_fd), "--json-status-fd", str(STATUS_FD), "--"]
    if machine.process_limit == "rlimit":
        # Set inside, where only the build's own processes count; set outside it would count the operator's.
        words += [machine.prlimit, f"--nproc={c.limits.processes}"]
    return [*words, "/bin/sh", "-c", c.command]


def _unsandboxed(c: Confinement) -> list[str]:
    note = (
        f"printf '{{\"child-pid\": %d}}\\n' $$ >&{STATUS_FD}; "
        f'/bin/sh -c "$1" {STATUS_FD}>&-; '
        f"printf '{{\"exit-code\": %d}}\\n' $? >&{STATUS_FD}"
    )
    return ["/bin/sh", "-c", note, "midwatch-build", c.command]
