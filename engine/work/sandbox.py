"""What one build may do, as the command line that holds it to that."""

from engine.secrets.secret import Secret
from engine.work.cgroup import GroupParent
from state.errors import MidwatchError
from state.model.brakes.source import Form, Source
from state.model.build import Limits
from state.model.record import Noun

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
HOME = "/home/build"
STATUS_FD = 3
OUT_OF_TIME = "timeout: sending signal KILL to command"
"""The last words, in a build's output, of whoever kept its time."""

_SANDBOXED = f"""status=$1
shift
exec "$@" {STATUS_FD}>>"$status" </dev/null"""

# The command gets no descriptor by which it could write an exit code of its own.
# A clock inside the shell starts quicker than `timeout`.
_UNSANDBOXED = f"""exec {STATUS_FD}>>"$1" </dev/null
printf '{{"child-pid": %d}}\\n' $$ >&{STATUS_FD}
(exec {STATUS_FD}>&-; sleep "$2"; echo "{OUT_OF_TIME}"; kill -KILL 0) &
/bin/sh -c "$3" {STATUS_FD}>&-
printf '{{"exit-code": %d}}\\n' $? >&{STATUS_FD}
kill -KILL 0"""

SECRETS = "/run/secrets"
_LEASE = "MIDWATCH_LEASE_"
_LEASES_BYTES = 1 << 20

# The values come by the environment of this one shell, which is inside already and turns into the command without them.
_HAND_OVER = f"""set -eu
umask 377
number=0
while eval "name=\\${{{_LEASE}NAME_$number-}}"; [ -n "$name" ]; do
    eval "printf %s \\"\\${_LEASE}VALUE_$number\\"" >"{SECRETS}/$name"
    unset "{_LEASE}NAME_$number" "{_LEASE}VALUE_$number"
    number=$((number + 1))
done
umask 022
exec /bin/sh -c "$1"
"""

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
    leases: tuple[tuple[Source, Secret], ...] = ()
    """What it is given of secrets; only within a sandbox."""
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
    gate -> timeout -> bwrap, which starts the command. Without a sandbox the gate itself keeps the time.
    `status` is the file for the supervisor's notes, `sealed_fd` an open descriptor that holds `sealed(c, machine)`.
    """
    # The engine keeps its time, and this clock ends it where no engine does: it cannot tell when the build stood still.
    seconds = f"{max(c.limits.time_s + c.limits.hold_s, 0.001):.3f}"
    if not c.sandboxed:
        return ["/bin/sh", "-c", _gate(c, machine, _UNSANDBOXED), "midwatch-build", status, seconds, c.command]
    # The clock stands outside the sandbox: it holds with the engine dead, and the build cannot reach it.
    clock = [machine.timeout, "--verbose", "--signal=KILL", seconds]
    bwrap = [machine.bwrap, "--args", str(sealed_fd), "--json-status-fd", str(STATUS_FD), "--"]
    if machine.process_limit == "rlimit":
        # Set inside, where only the build's own processes count; set outside it would count the operator's.
        bwrap += [machine.prlimit, f"--nproc={c.limits.processes}"]
    command = ["/bin/sh", "-c", _HAND_OVER, "sh", c.command] if _filed(c) else ["/bin/sh", "-c", c.command]
    return ["/bin/sh", "-c", _gate(c, machine, _SANDBOXED), "midwatch-build", status, *clock, *bwrap, *command]


def sealed(c: Confinement, machine: Machine, devices: dict[str, str] | None = None) -> bytes:
    """Return bubblewrap's arguments, each ended by a zero byte.

    `devices` gives a file of the machine for some of the names in /dev. The arguments are handed over by descriptor:
    what is granted to a build by its environment is then in no command line, which all users of the machine may read.
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
    for name, file in (devices or {}).items():
        words += ["--dev-bind", file, f"/dev/{name}"]
    words += [*tmp, "/tmp", "--dir", "/var", "--symlink", "../tmp", "/var/tmp", *tmp, HOME]
    for mount in c.mounts:
        words += ["--ro-bind", mount.host, mount.inside]
    for number, (name, value) in enumerate(_filed(c)):
        words += ["--setenv", f"{_LEASE}NAME_{number}", name, "--setenv", f"{_LEASE}VALUE_{number}", value]
    if _filed(c):
        words += ["--size", str(_LEASES_BYTES), "--perms", "0700", "--tmpfs", SECRETS]
    words += ["--bind", c.work, "/work", "--chdir", "/work"]
    # The root and /dev are file systems in memory without a limit of their own. The devices are the machine's, and so
    # are the switches under /proc, which answer to root by its number alone, with no capability left to drop.
    for path in ("/", "/proc", "/dev"):
        words += ["--remount-ro", path]
    return b"".join(word.encode() + b"\0" for word in words)


def environment(c: Confinement, home: str) -> dict[str, str]:
    """Return the environment of the build's command."""
    own = {"PATH": PATH, "HOME": home, "LANG": "C.UTF-8", **c.env}
    own |= {variable(source.name): secret.reveal() for source, secret in c.leases if source.form is Form.ENVIRONMENT}
    return own | {f"{variable(name)}_FILE": f"{SECRETS}/{name}" for name, _ in _filed(c)}


def variable(name: str) -> str:
    """Return the name of the variable that stands for a secret."""
    return name.upper().replace("-", "_")


def _filed(c: Confinement) -> tuple[tuple[str, str], ...]:
    return tuple((source.name, secret.reveal()) for source, secret in c.leases if source.form is Form.FILE)


def _gate(c: Confinement, machine: Machine, then: str) -> str:
    """Return a script that waits to be let through, takes on its limits and goes on with `then`.

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
    return "\n".join(["read -r _ || exit 125", *(f"ulimit {limit} 2>/dev/null" for limit in limits), then])
