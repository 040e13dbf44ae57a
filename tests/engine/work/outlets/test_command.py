"""Tests of engine.work.outlets.command."""

import asyncio
from pathlib import Path

import pytest

from engine.work.outlets import command
from engine.work.programs import ProgramFailed
from state.files import create_workspace
from state.keeping.heads import Head
from tests.making import NOON

HEAD = Head(seq=4, hash="a" * 64, at=NOON)


def test_a_program_is_given_the_head_as_a_line(tmp_path: Path) -> None:
    """On its input, with its words taken apart as a shell would and no shell to obey them."""
    workspace = create_workspace(tmp_path)
    asyncio.run(command.tell("tee 'what; came'", workspace, HEAD))
    assert (tmp_path / "what; came").read_text() == f"{HEAD.line}\n"


@pytest.mark.parametrize(
    ("words", "told"), [("sh -c 'echo no >&2; exit 3'", "ended with 3: no"), ("/nonexistent/program", "not installed")]
)
def test_a_program_that_fails_is_told(tmp_path: Path, words: str, told: str) -> None:
    """With its last word, or why it could not run."""
    with pytest.raises(ProgramFailed, match=told):
        asyncio.run(command.tell(words, create_workspace(tmp_path), HEAD))
