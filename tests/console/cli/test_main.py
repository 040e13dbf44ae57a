"""Tests of console.cli.main."""

import subprocess
import sys
from importlib import import_module

import click
import pytest

from console.cli.base import EXITS
from console.cli.main import VERBS
from console.cli.main import midwatch as entry


def test_every_verb_is_there_and_says_what_it_does():
    """Each verb of the table is a command with help of its own, which takes --workspace where it needs one."""
    for verb in VERBS:
        command = entry.get_command(click.Context(entry), verb)
        assert command is not None
        assert command.help
        options = {name for parameter in command.params for name in parameter.opts}
        assert "--workspace" in options or verb == "completion"


def test_help_lists_the_verbs_and_the_exit_codes_without_importing_them(midwatch):
    """`--help` names all verbs and exit codes, and loads neither the console nor the store."""
    program = (
        "import sys\n"
        "from console.cli.main import run\n"
        "run(['--help'])\n"
        "heavy = {'textual', 'tinydb', 'asyncio', 'console.cli.queue', 'state.store'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=midwatch.env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    for name in VERBS:
        assert f"\n  {name} " in done.stdout
    for code, _ in EXITS:
        assert f"\n  {code} " in done.stdout


@pytest.mark.parametrize("verb", ["queue", "status", "pause"])
def test_verbs_import_neither_the_screen_nor_a_loop(midwatch, verb):
    """A verb draws nothing and waits for nothing, so it comes up without Textual, tables and asyncio."""
    program = (
        "import sys\nfrom console.cli.main import run\n"
        f"code = run([{verb!r}])\nheavy = {{'textual', 'rich', 'tinydb', 'asyncio'}} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=midwatch.env, cwd=midwatch.root, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("quue",), "did you mean queue?"),
        (("frobnicate",), "--help"),
        (("queue", "--limt", "3"), "--limit"),
        (("queue", "--limit", "many"), "many"),
        (("approve",), "LABEL"),
        (("why", "a", "b"), "b"),
        (("kill",), "kill --all"),
        (("kill", "a", "--all"), "kill --all"),
    ],
)
def test_a_command_line_that_means_nothing_exits_2(midwatch, words, said):
    """Usage errors are one line that says what to do, with exit code 2."""
    code, complaint = midwatch.fails(*words)
    assert code == 2
    assert said in complaint
    assert len(complaint.splitlines()) == 1


@pytest.mark.parametrize("words", [("queue",), ("status", "--json"), (), ("kill", "--all"), ("audit", "verify")])
def test_without_a_workspace_it_exits_3_and_names_init(midwatch, tmp_path, words):
    """Outside a workspace every verb says how to make or name one."""
    done = midwatch.run(*words, cwd=tmp_path)
    assert done.returncode == 3
    assert "midwatch init" in done.stderr


def test_the_workspace_may_be_named_before_or_after_the_verb_or_in_the_environment(midwatch, tmp_path):
    """`--workspace` counts on both sides of the verb, and MIDWATCH_WORKSPACE where it is not given."""
    midwatch.add("one")
    root = str(midwatch.root)
    for words in (
        ("--workspace", root, "queue"),
        ("queue", "--workspace", root),
        ("audit", "list", "--workspace", root),
    ):
        assert "one" in midwatch.run(*words, cwd=tmp_path).stdout
    midwatch.env["MIDWATCH_WORKSPACE"] = root
    assert "one" in midwatch.run("queue", cwd=tmp_path).stdout


def test_a_reader_that_goes_away_is_no_failure_to_talk_about(midwatch):
    """A closed pipe ends the program quietly."""
    midwatch.add("one")
    line = f'{sys.executable} -m console.cli.main queue --json | head -c 1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(
        ["bash", "-c", line], env=midwatch.env, cwd=midwatch.root, capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.stdout.startswith("[")


def test_a_file_that_cannot_be_used_is_named(midwatch):
    """A failure of the system is one line with the file's name."""
    code, complaint = midwatch.fails("add", "--file", "/nowhere/tasks.toml")
    assert code == 1
    assert "/nowhere/tasks.toml" in complaint
    assert len(complaint.splitlines()) == 1


def test_version(midwatch):
    """--version says that this is midwatch."""
    assert midwatch.ok("--version").startswith("midwatch")


def test_every_verb_lives_in_a_module_of_its_group():
    """The table names modules that exist."""
    for module, text in VERBS.values():
        assert import_module(f"console.cli.{module}")
        assert text.endswith(".")


def test_the_console_is_not_drawn_into_a_pipe(midwatch):
    """Without a verb and without a terminal nothing is drawn, and it is said what to do instead."""
    code, complaint = midwatch.fails()
    assert code == 2
    assert "terminal" in complaint
