"""Reads files of tasks for tests."""

from pathlib import Path

import pytest

from engine.intake.tasks import IntakeError, parse_tasks
from state.model.task import Spec


def read(text: str, form: str = "toml", base: Path = Path("/")) -> tuple[Spec, ...]:
    """What a file with this text asks for."""
    return parse_tasks(text, form, "tasks.toml", base=base)


def mistakes(text: str, form: str = "toml") -> list[tuple[int, str]]:
    """The line and the key of each mistake that is told of it."""
    with pytest.raises(IntakeError) as caught:
        read(text, form)
    return [(problem.line, problem.key) for problem in caught.value.problems]
