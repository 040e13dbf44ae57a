"""Tests of state.keeping.anchors."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from state import line as lines
from state.files import create_workspace
from state.keeping import anchors
from state.keeping.anchors import Cut
from state.model.reason import Reason
from state.store import Store
from tests.making import ManualClock, a_task
from tests.state.making import ASKED

CUT = Cut(
    first=8, after="a" * 64, segment="2026-03-05.jsonl", digest="b" * 64, base="base-000000000007.json",
    base_sha256="c" * 64,
)  # fmt: skip


def test_a_cut_goes_into_a_reason_and_comes_back() -> None:
    """With all that is needed to go on from it."""
    reason = anchors.reason("engine", "too old", CUT)
    assert (reason.actor, reason.action, reason.why) == ("engine", "audit_pruned", "too old")
    assert anchors.cut_in(reason) == CUT
    assert CUT.start == lines.Seal(7, "a" * 64)


@pytest.mark.parametrize("change", [{"action": "task_added"}, {"known": ()}, {"known": (("first", "soon"),)}])
def test_what_says_too_little_is_no_anchor(change: dict[str, object]) -> None:
    """A line that only looks like one anchors nothing."""
    assert anchors.cut_in(msgspec.structs.replace(anchors.reason("engine", "", CUT), **change)) is None


@given(st.text() | st.integers().map(str) | st.integers(1, 9).map(lambda digit: str(digit) * 5000))
def test_a_first_entry_is_a_number_or_no_anchor(first: str) -> None:
    """Whatever stands there, it is read or it is none; nothing fails on it."""
    told = dict(anchors.reason("engine", "", CUT).known) | {"first": first}
    reason = Reason(actor="engine", action=anchors.ACTION, why="", known=tuple(told.items()))
    found = anchors.cut_in(reason)
    assert found is None or (found.first == int(first) > 1)


def test_the_newest_anchor_counts(tmp_path: Path) -> None:
    """Over several days, and words in another entry that look like one are none."""
    workspace, clock = create_workspace(tmp_path), ManualClock()
    assert anchors.latest(workspace.journal) is None
    with Store.open(workspace, clock) as store:
        store.commit([a_task("a")], ASKED)
        assert anchors.latest(workspace.journal) is None
        store.commit([], anchors.reason("engine", "old", CUT))
        store.commit([], anchors.reason("engine", "new", msgspec.structs.replace(CUT, first=9)))
        clock.forward(86_400)
        store.commit([], Reason(actor="engine", action="x", why='"action":"audit_pruned"'))
        store.commit([], Reason(actor="engine", action=anchors.ACTION, why="says nothing"))
    found = anchors.latest(workspace.journal)
    assert found is not None
    assert (found.seq, found.cut.first) == (3, 9)


def test_bases_are_listed_newest_first(tmp_path: Path) -> None:
    """By the entry that each stands for, and nothing else is one."""
    assert anchors.bases(tmp_path / "missing") == []
    for name in (anchors.base_name(9), anchors.base_name(10_000), "base-x.tmp", "state.json"):
        (tmp_path / name).touch()
    assert anchors.bases(tmp_path) == [anchors.base_name(10_000), anchors.base_name(9)]
