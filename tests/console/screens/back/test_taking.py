"""What is taken back from within the console: possible where the engine would obey, and why not elsewhere."""

import msgspec
import pytest

from console.screens.back import taking
from console.screens.subject import Kind, Subject, resolve
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.reversal import Reversal
from state.model.control import Control
from state.model.mode import Observation
from state.model.reason import ENGINE
from state.model.view import View
from tests.console.fake_engine import running
from tests.making import NOON, a_build, a_task

LIVE = Control()
OBSERVING = Control(observation=Observation(since=NOON, by="operator:ann"))
YES = b.Check(result=b.Result.YES, text="merged as 0123abcd", at=NOON)


def merged(build_id: str = "x-1", **changes: object) -> b.Build:
    """A build whose work has been merged."""
    over = b.Finished(ending="done", text="merged", at=NOON)
    return msgspec.structs.replace(a_build(build_id, over, delivered=YES, repo="/repo"), **changes)


def view(*builds: b.Build, control: Control = LIVE) -> View:
    """A view of builds of the task x, which is done."""
    task = a_task("x", t.Done(build=builds[-1].id if builds else "", note="", at=NOON))
    return View(at=NOON, tasks={"x": task}, builds={one.id: one for one in builds}, control=control)


def an_entry(action: str, by: str = ENGINE) -> Subject:
    """Entry 12 of the record."""
    return Subject(Kind.ENTRY, "12", "x", "x-1", "", action, by)


def test_a_task_means_its_last_build_that_left_something() -> None:
    """The command names that build, so that it stays with what was drawn whatever is built next."""
    picture = view(merged("x-1"), a_build("x-2", b.Finished(ending="failed", text="no", at=NOON)))
    chosen = resolve(Kind.TASK, "x", picture)
    assert taking.cannot_undo(chosen, picture) == ""
    assert taking.undo(chosen, picture, "why") == c.Undo(what="x-1", why="why")
    assert taking.look_ahead(chosen, picture) == c.Undo(what="x-1", preview=True)
    assert taking.named(chosen, picture) == "x-1"


REVERTED = b.Check(result=b.Result.YES, text="by 4567", at=NOON)
ASKED = Reversal(by="operator:ann", why="so", asked_at=NOON)


@pytest.mark.parametrize(
    ("build", "control", "why"),
    [
        (None, LIVE, "was never built"),
        (running("x-1"), LIVE, "k ends it"),
        (a_build("x-1", b.Reviewing(digest="d")), LIVE, "d refuses its diff"),
        (a_build("x-1", b.Finished(ending="failed", text="no", at=NOON)), LIVE, "left nothing"),
        (merged(reverted=REVERTED), LIVE, "taken back already: by 4567"),
        (merged(reversal=ASKED), LIVE, "is being taken back already"),
        (merged(), OBSERVING, "while observing"),
    ],
)
def test_says_why_a_build_cannot_be_taken_back(build: b.Build | None, control: Control, why: str) -> None:
    """Each obstacle in words, with the key that helps where there is one."""
    picture = view(*([build] if build else []), control=control)
    assert why in taking.cannot_undo(resolve(Kind.TASK, "x", picture), picture)


def test_an_entry_is_put_back_by_its_number() -> None:
    """What an operator changed can be put back, and a merge on the record stands for its build."""
    picture = view(merged())
    for action in ("paused", "merged"):
        chosen = an_entry(action, "operator:ann")
        assert taking.cannot_undo(chosen, picture) == ""
        assert taking.undo(chosen, picture, "") == c.Undo(what="12")
    assert taking.named(an_entry("paused"), picture) == "entry 12"


def test_says_what_else_helps_where_an_entry_is_final() -> None:
    """What cannot be undone names the way that is left: another key, or a verb."""
    picture = view(merged())
    assert "nothing is selected" in taking.cannot_undo(None, picture).lower()
    assert "midwatch retry x" in taking.cannot_undo(an_entry("kill_asked", "operator:ann"), picture)
    assert "o overrules it" in taking.cannot_undo(an_entry("task_held"), picture)
    assert "changed nothing that can be put back" in taking.cannot_undo(an_entry("verified"), picture)


def test_only_decisions_of_the_engine_are_overruled() -> None:
    """A decision that something reverses, by its number; everything else says why it stands."""
    picture = view(merged())
    assert taking.cannot_overrule(an_entry("build_decided"), picture) == ""
    assert taking.overrule(an_entry("build_decided"), picture, "why") == c.CaptainOverride(seq=12, why="why")
    assert "A lists them" in taking.cannot_overrule(resolve(Kind.TASK, "x", picture), picture)
    assert "u takes it back" in taking.cannot_overrule(an_entry("paused", "operator:ann"), picture)
    assert "midwatch retry x" in taking.cannot_overrule(an_entry("build_killed"), picture)
    assert "starts again only when you approve" in taking.meaning(an_entry("build_decided"))
