"""Provides the rivals: Python ones in environments of their own, system ones unpacked beside them."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.rounds import note

HERE = Path(__file__).parent
_PACKAGES = {
    "tsp": ("task-spooler",),
    "redis-server": ("redis-server", "redis-tools", "libjemalloc2", "liblua5.1-0", "liblzf1", "lua-cjson", "lua-bitop"),
}
_PATIENCE_S = 300


class Missing(RuntimeError):
    """A rival that cannot be had here; its text says why."""


@dataclass(frozen=True)
class Rival:
    """Another scheduler or queue."""

    name: str
    module: str
    """Its module among the peers."""
    lock: str = ""
    """The lock of its environment; empty for our own."""
    program: str = ""
    """A system program that it needs."""
    env: dict[str, str] = field(default_factory=dict)


TSP = Rival("task-spooler", "tsp", program="tsp")
HUEY = Rival("huey, SQLite", "huey_peer", "rivals")
HUEY_QUICK = Rival("huey, SQLite, polls every 5 ms", "huey_peer", "rivals", env={"BENCH_POLL": "quick"})
APS3 = Rival("APScheduler 3, SQLite", "aps3", "rivals")
APS3_MEMORY = Rival("APScheduler 3, memory", "aps3", "rivals", env={"BENCH_STORE": "memory"})
APS4 = Rival("APScheduler 4 preview, SQLite", "aps4", "apscheduler4")
CELERY = Rival("Celery, Redis syncing", "celery_peer", "rivals", "redis-server")
RQ = Rival("rq, Redis syncing", "rq_peer", "rivals", "redis-server")


def cache() -> Path:
    """The folder that everything of the rivals is kept in."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "midwatch" / "bench"


def python_of(rival: Rival) -> str:
    """Return the interpreter that a rival runs under, after installing what its lock holds. Raises Missing."""
    if not rival.lock:
        return sys.executable
    lock = HERE / f"{rival.lock}.lock"
    venv = cache() / rival.lock
    python, stamp = venv / "bin" / "python", venv / "stamp"
    digest = hashlib.sha256(lock.read_bytes() + platform.python_version().encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return str(python)
    note(f"installing {lock.name} into {venv}")
    _do([sys.executable, "-m", "venv", "--clear", str(venv)])
    options = ["--require-hashes", "-q", "-r", str(lock)]
    uv = Path(sys.executable).parent / "uv"
    try:
        _do([str(uv), "pip", "install", "--compile-bytecode", "--python", str(python), *options])
    except (Missing, FileNotFoundError):
        _do([str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-deps", *options])
    stamp.write_text(digest)
    return str(python)


def program(name: str) -> tuple[str, dict[str, str]]:
    """Return a system program and the environment that it needs; unpacked beside the system where that lacks it."""
    found = shutil.which(name)
    if found:
        return found, {}
    root = cache() / "system" / name
    if not (root / "usr/bin" / name).exists():
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Missing(f"there is no {name} here, and no apt-get to fetch it with")
        note(f"fetching {name}")
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir(parents=True)
        try:
            _do(["apt-get", "-qq", "download", *_PACKAGES[name]], root)
        except Missing:
            _do(["apt-get", "-qq", "update"], root)
            _do(["apt-get", "-qq", "download", *_PACKAGES[name]], root)
        for package in root.glob("*.deb"):
            _do(["dpkg-deb", "-x", str(package), str(root)])
            package.unlink()
    libraries = sorted({str(path.parent) for path in (root / "usr/lib").rglob("*.so*")})
    return str(root / "usr/bin" / name), {"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}


def _do(argv: list[str], cwd: Path | None = None) -> None:
    env = {**os.environ, "UV_SYSTEM_CERTS": "true"}
    done = subprocess.run(
        argv, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_PATIENCE_S
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise Missing(f"`{' '.join(argv[:4])} ...` failed: {said[-1]}")
