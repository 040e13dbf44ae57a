"""Entries as they are written and compared."""

from engine.reversal.snapshots import tree
from engine.reversal.snapshots.tree import FILE, FOLDER, LINK, Entry

ME = (0, 0)


def test_entries_come_back_and_their_order_does_not_matter() -> None:
    """The same entries are the same bytes, whatever their names are."""
    entries = [Entry(0, b"\xff\n", FILE, 0o640, ME, 5, 3, ("a" * 64,)), Entry(0, b"", FOLDER, 0o755, ME, 0)]
    assert tree.encode(entries) == tree.encode(entries[::-1])
    assert set(tree.decode(tree.encode(entries))) == set(entries)


def test_two_entries_are_the_same_by_what_they_hold_and_their_rights() -> None:
    """Times do not matter, nor where it was; contents, rights and the end of a link do."""
    file = Entry(0, b"a", FILE, 0o644, ME, 5, 1, ("x",))
    assert file.same(Entry(2, b"b", FILE, 0o644, ME, 9, 1, ("x",)))
    assert not file.same(Entry(0, b"a", FILE, 0o600, ME, 5, 1, ("x",)))
    assert not file.same(Entry(0, b"a", FILE, 0o644, ME, 5, 1, ("y",)))
    assert not file.same(None)
    link = Entry(0, b"l", LINK, 0o777, ME, 5, target=b"/x")
    assert link.same(Entry(0, b"l", LINK, 0o755, ME, 6, target=b"/x"))
    assert not link.same(Entry(0, b"l", LINK, 0o777, ME, 5, target=b"/y"))
