"""Tests of console.cli.base."""

import click
import pytest

from console.cli.base import Hand, Label, Refused, known
from state.model.view import View
from tests.making import NOON, a_task


def test_an_unknown_label_is_answered_with_the_nearest():
    """A mistyped label is refused with the one that was probably meant, or with where to look."""
    view = View(at=NOON, tasks={"tidy": a_task("tidy")})
    assert known(view, "tidy").label == "tidy"
    with pytest.raises(Refused, match="did you mean tidy"):
        known(view, "tidi")
    with pytest.raises(Refused, match="queue --all"):
        known(view, "zzz")


def test_labels_complete_from_the_workspace(midwatch):
    """A shell offers the tasks that begin with what was typed, with their titles."""
    midwatch.add("tidy")
    midwatch.add("tune")
    context = click.Context(click.Command("why"), obj=Hand())
    context.obj.named = str(midwatch.root)
    offered = Label().shell_complete(context, click.Argument(["label"]), "ti")
    assert [(item.value, item.help) for item in offered] == [("tidy", "queued: tidy")]


def test_where_there_is_no_workspace_nothing_completes(tmp_path, monkeypatch):
    """Completion outside a workspace offers nothing and complains of nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MIDWATCH_WORKSPACE", raising=False)
    context = click.Context(click.Command("why"), obj=Hand())
    assert Label().shell_complete(context, click.Argument(["label"]), "") == []
