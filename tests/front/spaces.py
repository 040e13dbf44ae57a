"""Fixtures: workspaces with nothing in them, and a repository to work on."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.work.repositories import repository
from tests.front.midwatch import Space


@pytest.fixture
def open_space(tmp_path: Path) -> Iterator[Callable[..., Space]]:
    """Make workspaces with settings of their own; none may leave a process behind."""
    made: list[Space] = []

    def begin(settings: str = "") -> Space:
        # A name that no other process of this machine speaks of.
        made.append(Space(tmp_path / f"space-{secrets.token_hex(6)}", settings))
        return made[-1]

    yield begin
    for space in made:
        space.close()


@pytest.fixture
def space(open_space: Callable[..., Space]) -> Space:
    """A workspace as `midwatch init` makes it."""
    return open_space()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A git repository with one commit on main, which is checked out."""
    return repository(tmp_path / "code", {"ledger.py": "def total(entries):\n    return sum(entries)\n"})
