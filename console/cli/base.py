"""What every verb stands on: the workspace that is meant, who asks, and how it speaks."""

import difflib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from state.errors import MidwatchError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from console.client import Control
    from state.files import Workspace
    from state.model.command import Command, Reply
    from state.model.task import Task
    from state.model.view import View
    from state.settings import Settings

EXITS = (
    (0, "done"),
    (1, "refused or failed, and standard error says what to do; `audit verify`: damage; `kill`: something survived"),
    (2, "what was written cannot be understood; nothing was done"),
    (3, "no workspace"),
    (4, "busy: another process holds the workspace, or the engine does not answer"),
    (5, "not set up: standard error says which setting is missing; nothing was done"),
    (6, "another server, such as that of your mail, cannot be reached or refuses; nothing was done"),
    (6, "`engine --until-idle`: nothing more starts by itself, and builds stay frozen that wait for your answer"),
    (130, "interrupted"),
)
"""Every exit code and what it means."""

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Refused(MidwatchError):
    """What was asked cannot be done as things stand; its words say why."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


class Hand:
    """What a verb works with: the workspace that was named or found, and the way to its engine."""

    def __init__(self) -> None:
        self.named: str | None = None
        """What `--workspace` said."""

    @property
    def actor(self) -> str:
        """Who asks, as the journal records it."""
        from console.operator import operator

        return operator(os.getuid())

    def workspace(self) -> "Workspace":
        """The workspace that is meant; raises NoWorkspace."""
        from state.files import find_workspace

        return find_workspace(Path.cwd(), self.named, os.environ)

    def settings(self) -> "Settings":
        """The workspace's settings; raises SettingsError."""
        from state.settings import load

        return load(self.workspace().settings)

    @contextmanager
    def control(self, timeout_s: float = 5.0) -> Iterator["Control"]:
        """The running engine, or the store itself where none runs; raises MidwatchError."""
        from console.client import connect

        control = connect(self.workspace(), actor=self.actor, timeout_s=timeout_s)
        try:
            yield control
        finally:
            control.close()


def ask(control: "Control", command: "Command") -> "Reply":
    """Submit a command; raises Refused when the answer is no."""
    reply = control.submit(command)
    if not reply.ok:
        raise Refused(reply.text, reply.code or 1)
    return reply


def known(view: "View", label: str) -> "Task":
    """Return the task of a label; Refused with the nearest one when there is none."""
    task = view.tasks.get(label)
    if task is None:
        near = difflib.get_close_matches(label, view.tasks, n=1)
        hint = f"did you mean {near[0]}?" if near else "`midwatch queue --all` lists them"
        raise Refused(f"there is no task {label!r}: {hint}")
    return task


def say(text: str) -> None:
    """Print lines for people, harmless to a terminal whatever they hold."""
    from state.text import clean

    click.echo(clean(text, lines=True))


def say_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _name_workspace(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value:
        context.ensure_object(Hand).named = value


def in_workspace(function: _Function) -> _Function:
    """Give a verb `--workspace`."""
    return click.option(
        "--workspace",
        metavar="DIR",
        expose_value=False,
        is_eager=True,
        callback=_name_workspace,
        help="The workspace; else MIDWATCH_WORKSPACE, else the one around the current folder.",
    )(function)


def with_json(function: _Function) -> _Function:
    """Give a verb `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")(function)


def with_reason(function: _Function) -> _Function:
    """Give a verb `--why`."""
    return click.option("--why", "reason", default="", metavar="TEXT", help="For the record.")(function)


class Label(click.ParamType[str]):
    """The name of a task, which a shell can complete."""

    name = "label"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        """The tasks that begin like this, with their titles; none where no workspace answers at once."""
        from click.shell_completion import CompletionItem

        try:
            with context.ensure_object(Hand).control(timeout_s=0.5) as control:
                tasks = control.view().tasks
        except MidwatchError:
            return []
        return [
            CompletionItem(label, help=f"{task.state_name}: {task.spec.title}")
            for label, task in sorted(tasks.items())
            if label.startswith(incomplete)
        ]


def label_argument(function: _Function) -> _Function:
    """Give a verb the task that it is about."""
    return click.argument("label", type=Label())(function)
