"""Which entries were erased, by what the record says."""

from pathlib import Path

import pytest

from state.journal import verify
from state.keeping import erasures
from state.store import Store
from tests.making import ManualClock
from tests.state.making import ASKED, filled


@pytest.mark.parametrize("entries", [set(), {1}, {1, 2, 3}, {1, 3, 4, 9}, set(range(5, 500, 2))])
def test_the_entries_are_named_for_good(entries: set[int]) -> None:
    """However many, they come back from the words of the record."""
    why = erasures.reason("engine", "x", entries)
    assert erasures._numbers(dict(why.known)["entries"]) == entries


def test_what_is_on_record_is_compared_with_what_is_there(tmp_path: Path) -> None:
    """Erasures that are not finished, and contents that nobody was told of being gone, are both seen."""
    workspace = filled(tmp_path, 6)
    assert erasures.told(workspace.journal) == erasures.Told()
    with Store.open(workspace, ManualClock()) as store:
        store.commit([], erasures.reason("operator:ada", "on request", {2, 3}))
        told = erasures.told(workspace.journal)
        assert (told.unfinished, told.unexplained) == (frozenset({2, 3}), ())
        store.erase(frozenset({2, 3, 5}))
        told = erasures.told(workspace.journal)
        assert (told.unfinished, told.unexplained) == (frozenset(), (5,))
        assert told.words == "2 entries were erased on 2026-03-04"


def test_words_about_an_erasure_are_none(tmp_path: Path) -> None:
    """An entry that only speaks of one, in whatever words, erases nothing."""
    workspace = filled(tmp_path, 1)
    with Store.open(workspace, ManualClock()) as store:
        store.commit([], ASKED.__class__(actor="x", action="noted", why='"action":"privacy_erased"'))
    assert erasures.told(workspace.journal).erasures == ()


def test_an_erasure_under_way_leaves_a_mark(tmp_path: Path) -> None:
    """The next start sees that there is something to finish."""
    workspace = filled(tmp_path, 1)
    assert not erasures.under_way(workspace)
    erasures.mark(workspace).touch()
    assert erasures.under_way(workspace)


def test_contents_that_are_gone_without_a_word_are_damage(tmp_path: Path) -> None:
    """The chain covers digests only, so it is the record of erasures that tells a proper one from another."""
    workspace = filled(tmp_path, 6)
    with Store.open(workspace, ManualClock()) as store:
        store.commit([], erasures.reason("operator:ada", "on request", {2}))
        store.erase(frozenset({2, 5}))
    plain = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert plain.ok and plain.erased == 2
    audit, told = erasures.accounted(plain, workspace.journal)
    (damage,) = audit.damage
    assert (audit.ok, damage.kind, damage.seq, damage.line) == (False, "changed", 5, 2)
    assert damage.file in [path.name for path in workspace.journal.iterdir()]
    assert told.words.startswith("1 entry was erased")


def test_a_record_without_erasures_is_not_read_again(tmp_path: Path) -> None:
    """Where nothing is gone there is nothing to account for."""
    workspace = filled(tmp_path, 2)
    audit = verify(workspace.journal, checkpoint=None)
    assert erasures.accounted(audit, workspace.journal) == (audit, erasures.Told())
