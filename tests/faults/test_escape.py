"""Attempts to get out of a sandbox: each works outside it, which is tried first, and fails inside."""

import contextlib
import os
import secrets
import shlex
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.safety import kill, processes
from engine.work import devices, process
from engine.work.sandbox import Mount, SpawnRefused
from state.files import BuildPaths
from tests.engine.work.running import build_in, machine, run, start, until, until_file

MB = 1 << 20
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root could do it outside the sandbox")


@pytest.fixture
def paths(workspace):
    """A build's folder."""
    return build_in(workspace)


def outside(paths: BuildPaths, attempt: str) -> int:
    """Make the attempt without a sandbox, by the very same command, in the very same folder."""
    return subprocess.run(
        ["/bin/sh", "-c", attempt], cwd=paths.work, stdin=subprocess.DEVNULL, capture_output=True, timeout=20
    ).returncode


def python(code: str) -> str:
    """A command line that runs a few lines of Python."""
    return f"/usr/bin/python3 -c {shlex.quote(code)}"


def assert_held(paths: BuildPaths, attempt: str, **changes) -> None:
    """The attempt works outside and fails inside, by its own doing and not for want of a sandbox."""
    assert outside(paths, attempt) == 0, "the attempt proves nothing, since it does not even work outside"
    code = run(paths, attempt, **changes)
    assert code is not None
    assert code not in (0, 127), paths.output.read_text(errors="replace")


def test_reading_a_file_in_the_operators_home(paths):
    """A build cannot read what lies in the operator's home."""
    secret = Path.home() / f".midwatch-test-{secrets.token_hex(8)}"
    secret.write_text("secret")
    try:
        assert_held(paths, f"cat {secret}")
    finally:
        secret.unlink()


def test_reading_what_only_root_may_read(paths):
    """A build cannot read the machine's password file, even where its user may."""
    if not os.access("/etc/shadow", os.R_OK):
        pytest.skip("this user may not read it outside either")
    assert_held(paths, "cat /etc/shadow")


def test_reading_another_build(workspace, paths):
    """A build sees no other build's folder, nor its own beyond the workspace."""
    other = build_in(workspace, "b-2")
    (other.work / "secret").write_text("secret")
    (paths.root / "process.json").write_text("{}")
    assert_held(paths, f"cat {other.work}/secret")
    assert_held(paths, f"cat {paths.root}/output.log")
    assert_held(paths, "ls ../output.log")


def test_writing_outside_the_workspace(workspace, paths):
    """A build cannot write where the operator can."""
    planted = workspace.root / "planted"
    assert_held(paths, f"echo gotcha > {planted}")
    planted.unlink()
    run(paths, f"mkdir -p {workspace.root} && echo gotcha > {planted}")
    assert not planted.exists()


@needs_root
@pytest.mark.parametrize("folder", ["/usr/bin", "/usr/share", "/etc", "/"])
def test_writing_to_the_system(paths, folder):
    """A build cannot write to the system that it runs on, nor fill the memory behind its root."""
    name = Path(folder) / f"midwatch-test-{secrets.token_hex(8)}"
    assert_held(paths, f"echo gotcha > {name} && rm {name}")


@needs_root
@pytest.mark.parametrize("switch", ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches"])
def test_turning_the_machines_switches(paths, switch):
    """A build that runs as root cannot open the kernel's settings, such as root's core pattern, for writing."""
    assert_held(paths, python(f"import os; os.open({switch!r}, os.O_WRONLY)"))


@needs_root
def test_making_a_device(paths):
    """A build cannot make itself a disk to read."""
    assert_held(paths, "mknod disk b 7 200; test -b disk && rm disk")


@needs_root
def test_changing_the_machines_devices(paths):
    """A build that runs as root has devices of its own: with the machine's it could take them from everybody."""
    names = [f"/dev/{name}" for name in devices.NUMBERS]
    for name in names:
        mode = stat.S_IMODE(os.stat(name).st_mode)
        assert outside(paths, f"chmod {mode:o} {name}") == 0
    assert run(paths, f"stat -L -c '%d:%i' {' '.join(names)} && echo fine > /dev/null && head -c 9 /dev/zero") == 0
    inside = paths.output.read_text().splitlines()[: len(names)]
    assert not set(inside) & {f"{found.st_dev}:{found.st_ino}" for found in map(os.stat, names)}


def test_seeing_a_process_of_the_machine(paths):
    """A build sees no process but its own."""
    assert_held(paths, f"test -d /proc/{os.getpid()}/fd")


def test_signalling_a_process_of_the_machine(paths):
    """A build cannot signal a process of the machine."""
    with subprocess.Popen(["sleep", "1000"]) as victim:
        try:
            assert_held(paths, f"kill -CONT {victim.pid}")
        finally:
            victim.kill()


def test_reaching_a_loopback_port(paths):
    """A build cannot connect to what listens on the machine's loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert_held(paths, python(f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"))


def test_reaching_the_engines_socket_by_path(workspace, paths, monkeypatch):
    """A build cannot connect to the engine's socket."""
    # The path of a socket is short; a test's folder may not be.
    monkeypatch.chdir(workspace.hidden)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(workspace.socket.name)
        server.listen()
        attempt = f"import os, socket; os.chdir({str(workspace.hidden)!r}); " + (
            f"socket.socket(socket.AF_UNIX).connect({workspace.socket.name!r})"
        )
        assert_held(paths, python(attempt))


def test_reaching_an_abstract_socket(paths):
    """A build cannot connect to a socket that has no path."""
    name = f"\0midwatch-test-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        assert_held(paths, python(f"import socket; socket.socket(socket.AF_UNIX).connect({name!r})"))


def test_a_mount_that_would_show_the_engines_socket_is_refused(workspace, paths):
    """Nothing starts with a mount that holds the workspace's hidden folder, also through a link."""
    link = workspace.root.parent / "innocent"
    link.symlink_to(workspace.root)
    for host in (workspace.root, workspace.hidden, link, Path("/")):
        with pytest.raises(SpawnRefused, match="socket"):
            start(paths, "true", mounts=(Mount(host=str(host), inside="/mnt"),))
    assert not paths.process.exists()


def test_inheriting_an_open_folder(workspace, paths):
    """A descriptor that the engine left open and inheritable does not reach a build: with it no wall would hold."""
    fd = os.open(workspace.root, os.O_RDONLY)
    os.set_inheritable(fd, True)
    try:
        attempt = f"ls /proc/self/fd/{fd}/.midwatch"
        assert subprocess.run(["/bin/sh", "-c", attempt], close_fds=False).returncode == 0
        assert run(paths, attempt) != 0
    finally:
        os.close(fd)


def test_inheriting_the_engines_environment(paths, monkeypatch):
    """A key in the engine's environment, and the token of the spawn, do not reach a build; what is granted does."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert_held(paths, "env | grep -q sk-secret")
    assert run(paths, "env | grep -q MIDWATCH") == 1
    assert run(paths, 'test "$GRANTED" = "a b\'c"', env={"GRANTED": "a b'c"}) == 0


def test_reading_a_grant_in_the_process_list(paths):
    """What a build is granted by its environment is in nobody's command line."""
    start(paths, "touch up; sleep 1000", env={"GRANTED": "sk-virtual-key"})
    until_file(paths.work / "up")
    lines = [Path(f"/proc/{pid}/cmdline") for pid in processes.pids()]
    for line in lines:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            assert b"sk-virtual-key" not in line.read_bytes()


def test_gaining_privileges(paths):
    """A build has no capability, can get none, and cannot make a namespace in which it would have some."""
    assert run(paths, "grep -q '^CapEff:.0*$' /proc/self/status && grep -q '^CapBnd:.0*$' /proc/self/status") == 0
    assert run(paths, "grep -q '^NoNewPrivs:.1$' /proc/self/status") == 0
    assert_held(paths, "unshare --user --map-root-user true")


def test_forging_an_exit_code(paths):
    """A build cannot write its exit code itself: no descriptor that it can reach leads to its status file."""
    # Writes to exactly this one file, whoever holds it open: an attempt must be harmless where it succeeds.
    forge = (
        f'for fd in /proc/[0-9]*/fd/*; do test "$(readlink $fd)" = {paths.status} && '
        "echo forged >> $fd && exit 0; done 2>/dev/null; exit 7"
    )
    with paths.status.open("w"):
        assert outside(paths, forge) == 0
        assert paths.status.read_text() == "forged\n"
    assert run(paths, forge) == 7
    assert "forged" not in paths.status.read_text()


# What is used up


def test_fork_bomb(paths):
    """A fork bomb gets no further than the limit, and the machine forks on."""
    count = python(
        "import os, time\n"
        "n = 0\n"
        "try:\n"
        "    while n < 300:\n"
        "        if os.fork() == 0: time.sleep(0.5); os._exit(0)\n"
        "        n += 1\n"
        "except OSError: pass\n"
        "open('forked', 'w').write(str(n)); os._exit(n < 300)"
    )
    assert machine().process_limit
    assert_held(paths, count, limits={"processes": 50})
    assert 20 <= int((paths.work / "forked").read_text()) <= 50


def test_memory_bomb(paths):
    """A build that takes more memory than its limit is ended, not the machine's other programs."""
    bomb = python("x = bytearray(160 << 20); x[::4096] = b'x' * len(x[::4096])")
    assert_held(paths, bomb, limits={"memory_bytes": 64 * MB})


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm", "$HOME", "/var/tmp"])
def test_filling_memory_by_files(paths, folder):
    """What a build writes to its folders in memory ends at their limit."""
    name = f"{folder}/midwatch-test-{secrets.token_hex(8)}"
    attempt = f"head -c {20 * MB} /dev/zero > {name}; code=$?; rm {name}; exit $code"
    assert_held(paths, attempt, limits={"tmp_bytes": 8 * MB})


def test_a_file_that_is_too_large(paths):
    """A file ends at the limit for files."""
    attempt = f"head -c {20 * MB} /dev/zero > large"
    assert_held(paths, attempt, limits={"file_bytes": 4 * MB})
    assert (paths.work / "large").stat().st_size <= 4 * MB


def test_too_many_open_files(paths):
    """A build opens no more files than its limit."""
    attempt = python("fds = [open('/dev/null') for _ in range(200)]")
    assert_held(paths, attempt, limits={"open_files": 64})


SPAWNER = """
import sys
from pathlib import Path
from engine.work import devices, process
from state.files import BuildPaths
from tests.engine.work.running import confine, machine
paths = BuildPaths(Path(sys.argv[1]))
process.spawn(confine(paths, sys.argv[2], {"time_s": float(sys.argv[3])}), paths, machine())
"""


def spawn_and_die(paths: BuildPaths, command: str, time_s: float) -> None:
    """Let another process spawn a build and be gone."""
    root = Path(__file__).parent.parent.parent
    subprocess.run([sys.executable, "-c", SPAWNER, paths.root, command, str(time_s)], cwd=root, check=True)


def test_running_for_ever_without_an_engine(paths):
    """The limit of time holds for all that a build started, while no engine is there to keep it."""
    spawn_and_die(paths, "setsid sleep 1000 & touch up; sleep 1000", 0.5)
    until_file(paths.work / "up")
    init = int(paths.status.read_text().split('"child-pid":')[1].split(",")[0])
    until(lambda: processes.identify(init) is None, "the namespace ends")
    assert process.out_of_time(paths)
    assert process.exit_code(paths) is None


def test_a_build_outlives_its_engine(paths):
    """A build goes on after the process that spawned it is gone, and its exit code is there for the next one."""
    spawn_and_die(paths, "while test ! -e go; do sleep 0.01; done; exit 5", 60)
    assert process.exit_code(paths) is None
    (paths.work / "go").touch()
    until(lambda: process.exit_code(paths) == 5, "the exit code is written")
    assert not process.out_of_time(paths)


def test_a_thread_that_spawned_may_end(paths):
    """A build does not die with the thread that spawned it."""
    thread = threading.Thread(target=start, args=(paths, "sleep 0.2; exit 3"))
    thread.start()
    thread.join()
    until(lambda: process.exit_code(paths) == 3, "the exit code is written")


def test_leaving_a_daemon_behind(paths):
    """What a build's command leaves running ends with it, before the build counts as ended."""
    assert (
        run(paths, "setsid sh -c 'while :; do date +%N > tick; sleep 0.01; done' & until test -e tick; do :; done") == 0
    )
    before = (paths.work / "tick").read_text()
    assert not [s for s in processes.all_stats().values() if not s.dead and _works_in(s.pid, paths)]
    time.sleep(0.05)
    assert (paths.work / "tick").read_text() == before


def _works_in(pid: int, paths: BuildPaths) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/cwd") == str(paths.work)
    except OSError:
        return False


def test_being_found_by_nobody(workspace, paths):
    """A build whose record is lost is still found, by the mark on its processes, and killed."""
    identity = start(paths, "touch up; sleep 1000")
    until_file(paths.work / "up")
    paths.process.unlink()
    (report,) = kill.kill_all(workspace)
    assert report.survivors == ()
    assert not processes.alive(identity)
