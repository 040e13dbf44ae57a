"""Tests of what must be out of a task's way."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.policy import blockers
from state.model import task as t
from state.model.verdict import Stance
from tests.making import NOON, a_spec, a_task

BUILT = "x-1"


def test_listed_blockers_hold_and_are_all_told() -> None:
    """Every blocker is named, empty lines are not blockers."""
    finding = blockers.check(a_spec(blockers=("needs a\nkey", " ", "no budget yet")))
    assert (finding.verdict, finding.text) == (Stance.HOLD, "blocked by: needs a key; no budget yet")
    assert blockers.check(a_spec(blockers=(" ",))).verdict is Stance.ALLOW
    assert blockers.check(a_spec()).verdict is Stance.ALLOW


@pytest.mark.parametrize(
    ("state", "stance", "text"),
    [
        (t.Done(build=BUILT, note="", at=NOON), Stance.ALLOW, "all that it depends on is done: x"),
        (t.Queued(), Stance.WAIT, "waits until these are done: x (queued)"),
        (t.Held(findings=()), Stance.WAIT, "waits until these are done: x (held)"),
        (t.AwaitingApproval(findings=()), Stance.WAIT, "waits until these are done: x (awaiting approval)"),
        (t.Building(build=BUILT), Stance.WAIT, "waits until these are done: x (building)"),
        (t.Verifying(build=BUILT), Stance.WAIT, "waits until these are done: x (verifying)"),
        (t.AwaitingReview(build=BUILT, digest="d"), Stance.WAIT, "waits until these are done: x (awaiting review)"),
        (t.Retrying(at=NOON, text=""), Stance.WAIT, "waits until these are done: x (retrying)"),
        (
            t.Failed(build=BUILT, text="", at=NOON),
            Stance.HOLD,
            "depends on: x failed: `midwatch retry x` tries it again",
        ),
        (
            t.Killed(build=BUILT, text="", at=NOON),
            Stance.HOLD,
            "depends on: x was killed: `midwatch retry x` tries it again",
        ),
        (
            t.Unknown(build=BUILT, text="", at=NOON),
            Stance.HOLD,
            "depends on: x ended nobody knows how: `midwatch retry x` tries it again",
        ),
    ],
)
def test_only_what_is_done_is_no_longer_waited_for(state: t.TaskState, stance: Stance, text: str) -> None:
    """Every state of a dependency has its answer."""
    (finding,) = blockers.dependencies(a_spec(depends=("x",)), {"x": a_task("x", state)})
    assert (finding.verdict, finding.text) == (stance, text)


def test_no_dependency_is_no_reason_to_wait() -> None:
    """A task that depends on nothing is allowed."""
    (finding,) = blockers.dependencies(a_spec(), {})
    assert finding.verdict is Stance.ALLOW


def test_lost_and_awaited_dependencies_are_both_told() -> None:
    """A dependency that does not exist holds beside one that is waited for."""
    lost, awaited = blockers.dependencies(a_spec(depends=("gone", "x", "y")), {"x": a_task("x"), "y": a_task("y")})
    assert (lost.verdict, lost.text) == (Stance.HOLD, "depends on: gone does not exist")
    assert (awaited.verdict, awaited.text) == (Stance.WAIT, "waits until these are done: x (queued), y (queued)")


def test_unknown_dependencies_are_named() -> None:
    """A name counts as known when a task or another spec of the same batch has it."""
    specs = [a_spec("a", depends=("b", "old", "typo")), a_spec("b")]
    assert blockers.unknown(specs, {"old": a_task("old")}) == (("a", "typo"),)


@pytest.mark.parametrize(
    ("edges", "ring"),
    [
        ({"a": ("b",), "b": ()}, ()),
        ({"a": ("a",)}, ("a", "a")),
        ({"a": ("b",), "b": ("c",), "c": ("a",)}, ("a", "b", "c", "a")),
        ({"a": ("b", "c"), "b": ("d",), "c": ("d",), "d": ()}, ()),
        ({"a": ("b",), "b": ("c",), "c": ("b",)}, ("b", "c", "b")),
        ({"a": ("missing",)}, ()),
    ],
)
def test_a_circle_is_found_and_named(edges: dict[str, tuple[str, ...]], ring: tuple[str, ...]) -> None:
    """The labels of the circle come in order, the first again at the end; a diamond is none."""
    assert blockers.cycle([a_spec(label, depends=depends) for label, depends in edges.items()], {}) == ring


def test_a_circle_may_go_through_tasks_that_are_there() -> None:
    """A new spec that closes a circle with older tasks is found, and replaces an older one of its label."""
    tasks = {"old": a_task("old", depends=("new",)), "new": a_task("new")}
    assert blockers.cycle([a_spec("new", depends=("old",))], tasks) == ("new", "old", "new")


def test_a_long_chain_is_no_trouble() -> None:
    """A chain longer than Python's stack is followed to its end."""
    specs = [a_spec(f"t{n}", depends=(f"t{n + 1}",)) for n in range(5000)]
    assert blockers.cycle(specs, {}) == ()
    assert len(blockers.cycle([*specs, a_spec("t5000", depends=("t0",))], {})) == 5002


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 7), st.sets(st.integers(0, 7), max_size=4), max_size=8))
def test_a_circle_is_found_exactly_when_there_is_one(graph: dict[int, set[int]]) -> None:
    """Agrees with taking away what depends on nothing until only circles are left."""
    specs = [a_spec(f"t{at}", depends=tuple(f"t{to}" for to in sorted(below))) for at, below in graph.items()]
    left = {at: {to for to in below if to in graph} for at, below in graph.items()}
    while free := [at for at, below in left.items() if not below]:
        for at in free:
            del left[at]
        left = {at: below - set(free) for at, below in left.items()}
    ring = blockers.cycle(specs, {})
    assert bool(ring) == bool(left)
    if ring:
        depends = {spec.label: spec.depends for spec in specs}
        assert ring[0] == ring[-1]
        assert all(after in depends[before] for before, after in pairwise(ring))


def test_time_does_not_matter_to_dependencies() -> None:
    """A dependency that was done long ago is done."""
    done = t.Done(build=BUILT, note="", at=NOON - timedelta(days=900))
    assert blockers.dependencies(a_spec(depends=("x",)), {"x": a_task("x", done)})[0].verdict is Stance.ALLOW
