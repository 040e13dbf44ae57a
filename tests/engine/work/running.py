"""Real builds for tests: folders to run in, confinements to run under, waiting for what they do."""

import functools
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.safety import kill
from engine.work import process, trial
from engine.work.process import Identity
from engine.work.sandbox import Confinement, Machine
from state.files import BuildPaths, Workspace
from state.settings import DEFAULT_LIMITS

PATIENCE_S = 20.0


@functools.cache
def machine() -> Machine:
    """This machine with all that it offers."""
    found = trial.probe()
    assert not found.trouble, found.trouble
    return found


@functools.cache
def plain_machine() -> Machine:
    """This machine as if it had no control groups."""
    return trial.probe(groups=())


def workspace_in(folder: Path) -> Workspace:
    """An operator's folder with nothing in it but what builds need."""
    workspace = Workspace(folder / "operator")
    workspace.builds.mkdir(parents=True)
    workspace.hidden.chmod(0o700)
    return workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """An operator's folder; whatever a test leaves running in it is ended."""
    made = workspace_in(tmp_path)
    yield made
    kill.kill_all(made)


def build_in(workspace: Workspace, name: str = "b-1") -> BuildPaths:
    """A build's folder, ready to run in."""
    paths = workspace.build(name)
    paths.work.mkdir(parents=True)
    return paths


def confine(paths: BuildPaths, command: str, limits: dict[str, Any] | None = None, **changes: Any) -> Confinement:
    """A confinement under the usual limits, but for those that are given; nobody holds it, so its clock counts."""
    return Confinement(
        build=paths.root.name,
        token=secrets.token_hex(16),
        work=str(paths.work),
        limits=msgspec.structs.replace(DEFAULT_LIMITS, **{"hold_s": 0.0, **(limits or {})}),
        command=command,
        **changes,
    )


def start(paths: BuildPaths, command: str, on: Machine | None = None, **changes: Any) -> Identity:
    """Start a command."""
    return process.spawn(confine(paths, command, **changes), paths, on or machine())


def run(paths: BuildPaths, command: str, on: Machine | None = None, **changes: Any) -> int | None:
    """Start a command, wait for its end and return its exit code."""
    identity = start(paths, command, on, **changes)
    assert process.wait_ended(identity, paths, PATIENCE_S), "it did not end"
    return process.exit_code(paths)


def until(condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
    """Wait until something is so."""
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.005)


def until_file(path: Path) -> None:
    """Wait until a build has made a file."""
    until(path.exists, f"{path} appears")
