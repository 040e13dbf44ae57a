"""Takes each guard out, one after the other, and sees that its test notices: `python -m tests.guards [NAME...]`."""

import functools
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "guards.toml"
PARTS = ("state", "engine", "widgets", "console", "tests", "docs", "requirements")
_FILES = ("pyproject.toml", "run", "README.md", "CHANGELOG.md")
_PATIENCE_S = 300
_AT_ONCE = 2


def guards() -> dict[str, Mapping[str, Any]]:
    """The list, by name."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


def without(source: str, guard: Mapping[str, Any]) -> str:
    """Return a module's source with the guard's call taken out. ValueError unless it is there exactly once."""
    lines = source.splitlines(keepends=True)
    found = [number for number, line in enumerate(lines) if line.strip() == guard["call"]]
    if len(found) != 1:
        raise ValueError(f"{guard['module']}: `{guard['call']}` stands there {len(found)} times: name one line of it")
    line = lines[found[0]]
    lines[found[0]] = line[: len(line) - len(line.lstrip())] + guard.get("instead", "pass") + "\n"
    return "".join(lines)


@contextmanager
def copy() -> Iterator[Path]:
    """A copy of the project that may be spoilt."""
    with tempfile.TemporaryDirectory(prefix="midwatch-guards-") as folder:
        root = Path(folder)
        for name in PARTS:
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in _FILES:
            shutil.copy(ROOT / name, root / name)
        yield root


def passes(root: Path, test: str) -> bool:
    """Whether a test passes in a copy."""
    argv = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    try:
        return subprocess.run(argv, cwd=root, capture_output=True, timeout=_PATIENCE_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@functools.cache
def sound(test: str) -> bool:
    """Whether a test passes with every guard in its place."""
    with copy() as root:
        return passes(root, test)


def trial(name: str, guard: Mapping[str, Any]) -> str:
    """Return what is wrong with one guard's proof; empty when its test passes with it and fails without."""
    if not sound(guard["test"]):
        return f"{name}: {guard['test']} does not pass as things are"
    with copy() as root:
        module = root / guard["module"]
        try:
            module.write_text(without(module.read_text(encoding="utf-8"), guard), encoding="utf-8")
        except ValueError as error:
            return f"{name}: {error}"
        if passes(root, guard["test"]):
            return f"{name}: {guard['test']} passes although `{guard['call']}` is gone from {guard['module']}"
    return ""


def main(names: list[str]) -> int:
    """Try the named guards, or all; returns the exit code."""
    known = guards()
    wanted = {name: known[name] for name in names or known}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        problems = []
        for name, problem in zip(wanted, pool.map(trial, wanted, wanted.values()), strict=True):
            print(f"{'NOT PROVEN' if problem else 'proven'}  {name}: {wanted[name]['guards']}", flush=True)
            problems += [problem] if problem else []
    print("\n".join(problems) or f"{len(wanted)} guards, each noticed when it is taken out")
    return 1 if problems or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
