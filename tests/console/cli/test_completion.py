"""Tests of console.cli.completion."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(midwatch, shell):
    """The script calls midwatch back for what fits."""
    assert "_MIDWATCH_COMPLETE" in midwatch.ok("completion", shell)


def test_an_unknown_shell_is_refused(midwatch):
    """Only the shells that are supported have a script."""
    assert midwatch.fails("completion", "csh")[0] == 2


def test_verbs_and_labels_complete(midwatch):
    """What the shell asks back gives verbs first, and then the tasks."""
    midwatch.add("tidy")

    def offered(words: str, index: int) -> str:
        env = {**midwatch.env, "_MIDWATCH_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(index)}
        program = [sys.executable, "-c", "from console.cli.main import main; main()"]
        done = subprocess.run(program, env=env, cwd=midwatch.root, capture_output=True, text=True, timeout=60)
        return done.stdout

    assert "plain,approve" in offered("midwatch app", 1)
    assert "plain,tidy" in offered("midwatch why t", 2)
