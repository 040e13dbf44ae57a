"""Tries to get out of a build's sandbox."""

import asyncio
import os
import shlex
import stat

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand

_HELD = "echo HELD"


async def _held(stand: Stand, guard: str, label: str, attempt: str, what: str, *, harmless: bool = True) -> Proof:
    """Make an attempt as the operator, who may, and as a build, which may not."""
    if harmless and (await stand.operator_runs(attempt)).code:
        return seen(guard, False, f"nothing is proven: {what} does not even work outside")
    build = await stand.build(label, f"if {attempt}; then echo GOT OUT; else {_HELD}; fi")
    printed = stand.printed(build.id)
    last = printed.splitlines()[-1] if printed else "nothing"
    held = last == "HELD"
    outside = "works outside, " if harmless else ""
    return seen(guard, held, f"{what}: {outside}{'refused inside' if held else f'NOT refused inside: {printed}'}")


async def files(stand: Stand) -> Proof:
    """The operator's files are not there."""
    secret = stand.outside / "a secret"
    secret.touch()
    return await _held(
        stand, "sandbox: files", "home", f"cat {shlex.quote(str(secret))}", "reading the operator's file"
    )


async def control_socket(stand: Stand) -> Proof:
    """A build cannot reach the engine that runs it."""
    path = shlex.quote(str(stand.workspace.socket))
    return await _held(stand, "sandbox: control socket", "socket", f"test -S {path}", "finding the engine's socket")


async def socket_rights(stand: Stand) -> Proof:
    """Nobody but the operator reaches the engine."""
    mode = stat.S_IMODE(os.stat(stand.workspace.socket).st_mode)
    folder = stat.S_IMODE(os.stat(stand.workspace.hidden).st_mode)
    told = f"the socket has mode {mode:04o} in a folder of mode {folder:04o}"
    return seen("control socket: the operator's alone", (mode, folder) == (0o600, 0o700), told)


async def network(stand: Stand) -> Proof:
    """Not even the machine itself can be called."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        attempt = f"bash -c ': <>/dev/tcp/127.0.0.1/{port}' 2>&1"
        return await _held(stand, "sandbox: network", "network", attempt, "a connection to this machine")


async def system(stand: Stand) -> Proof:
    """The system's own files cannot be written."""
    return await _held(
        stand, "sandbox: system", "system", "touch /usr/midwatch-doctor 2>&1", "writing to /usr", harmless=False
    )


async def processes(stand: Stand) -> Proof:
    """No process outside can be seen or signalled."""
    return await _held(
        stand, "sandbox: processes", "processes", f"kill -0 {os.getpid()} 2>&1", "signalling the engine's process"
    )


async def privileges(stand: Stand) -> Proof:
    """Nothing gains rights inside."""
    build = await stand.build("rights", "grep -E '^(NoNewPrivs|CapEff|CapBnd):' /proc/self/status")
    found = dict(line.split(":\t") for line in stand.printed(build.id).splitlines() if ":\t" in line)
    held = found.get("NoNewPrivs") == "1" and not int(found.get("CapEff", "f"), 16)
    told = f"new privileges {'refused' if held else 'NOT refused'}, capabilities {found.get('CapEff', 'unknown')}"
    return seen("sandbox: privileges", held, told)


async def environment(stand: Stand) -> Proof:
    """Nothing of the operator's environment gets in."""
    build = await stand.build("environment", "env")
    names = sorted(line.partition("=")[0] for line in stand.printed(build.id).splitlines())
    known = {"PATH", "HOME", "LANG", "PWD", "SHLVL", "_", "TMPDIR", "USER", "LOGNAME", "LC_ALL", "OLDPWD"}
    others = [name for name in names if name not in known and not name.startswith("MIDWATCH_")]
    leaked = [name for name in others if name in os.environ]
    return seen("sandbox: environment", bool(names) and not leaked, f"a build sees {', '.join(names)}")


TRIALS: tuple[Trial, ...] = (
    files,
    control_socket,
    socket_rights,
    network,
    system,
    processes,
    privileges,
    environment,
)
