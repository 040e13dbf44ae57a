"""Tests of state.keeping.walk; tests/faults/test_journal_damage.py has every kind of damage."""

from pathlib import Path

import pytest

from state import segments
from state.keeping.walk import Place, Walk, is_torn, torn_text
from tests.state.making import filled


def test_a_walk_goes_on_after_damage_and_remembers_all_of_it(tmp_path: Path) -> None:
    """One look tells the whole extent, each place by file and line."""
    workspace = filled(tmp_path, 3)
    [name] = segments.names(workspace.journal)
    first, second, third = segments.lines(workspace.journal / name)
    walk = Walk(workspace.journal, {})
    walk.begin()
    for number, raw in enumerate((first, b"nonsense\n", second.replace(b"asked", b"never"), third), 1):
        walk.take(Place(name, number), raw, last_file=True)
    audit = walk.audit(in_flight=False)
    assert [(found.kind, found.line) for found in audit.damage] == [("unreadable", 2), ("changed", 3)]
    assert (audit.entries, audit.first) == (3, 1)


@pytest.mark.parametrize(
    ("raw", "due", "acknowledged", "torn"),
    [
        (b'{"se', 5, 4, True),
        (b'{"seq":5,"at":"2026', 5, 4, True),
        (b'{"seq":5,"at":"2026', 5, 5, True),
        (b'{"seq":6,"at":"2026', 5, 4, False),
        (b"garbage", 5, 4, False),
        (b"garbage\n", 5, 4, False),
        (b"\0\0\0\0", 5, 4, True),
        (b'\0\0\0"}\n', 5, 4, True),
        (b'\0\0\0"}\n', 5, 5, False),
        (b'{"seq":5,"at":"2026"}\n', 5, 4, False),
    ],
)
def test_only_what_a_crash_leaves_is_torn(raw: bytes, due: int, acknowledged: int, torn: bool) -> None:
    """The beginning of the due line, or blocks that never reached the disk; anything else is damage."""
    assert is_torn(raw, due, acknowledged) == torn


def test_a_torn_end_is_told_with_its_size() -> None:
    """The operator learns what was cut off, and from which file."""
    assert torn_text(Path("/j/2026-03-04.jsonl"), 7).startswith("/j/2026-03-04.jsonl: its last 7 bytes")
