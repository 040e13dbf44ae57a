"""Which builds a task's builds are compared with."""

import re
import shlex
from functools import lru_cache

from state.model.record import Noun
from state.model.task import Spec

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


class Kind(Noun, frozen=True, kw_only=True):
    """The builds of one category by one runner in one repository; what is empty does not matter."""

    category: str = ""
    runner: str = ""
    repo: str = ""

    @property
    def words(self) -> str:
        """The kind in words, such as `bug fix, pytest, ledger`."""
        if not self.category:
            return "all tasks"
        if not self.runner:
            return self.category.replace("_", " ")
        return ", ".join((self.category.replace("_", " "), self.runner, _last(self.repo) or "no repository"))


ALL = Kind()


def runner(command: str) -> str:
    """Return the name of the program that a command line begins with, whatever variables are set before it."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    program = next((word for word in words if not _ASSIGNMENT.fullmatch(word)), "")
    return _last(program) or "nothing"


def kinds(spec: Spec) -> tuple[Kind, Kind, Kind]:
    """Return a task's kinds, the closest first: its own, its category, all tasks."""
    return _kinds(spec.category.value, spec.command, spec.repo)


@lru_cache(maxsize=4096)
def _kinds(category: str, command: str, repo: str) -> tuple[Kind, Kind, Kind]:
    return Kind(category=category, runner=runner(command), repo=repo), Kind(category=category), ALL


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
