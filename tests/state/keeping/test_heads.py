"""Tests of state.keeping.heads."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state import line as lines
from state import segments
from state.files import Workspace
from state.journal import Published, read, verify
from state.keeping import heads
from state.line import Seal
from tests.state.making import filled


def rewritten(workspace: Workspace, since: int = 1) -> None:
    """Seal the whole chain anew from an entry on, witnesses and all, with other words in it."""
    end = Seal()
    for name in segments.names(workspace.journal):
        path, told = workspace.journal / name, []
        for raw in segments.lines(path):
            line = lines.parse(raw)
            body = bytes(line.body)
            if line.seq >= since:
                body = body.replace(b"asked for", b"never was")
            sealed, end = lines.seal(end, line.at, line.actor, body)
            told.append(sealed)
        path.write_bytes(b"".join(told))
    (workspace.journal / segments.HEAD).write_text(f"{end.seq:020} {end.hash}\n")
    workspace.checkpoint.unlink(missing_ok=True)


def test_the_present_head_is_the_last_acknowledged_entry(tmp_path: Path) -> None:
    """Not one that is being written; none of an empty record."""
    assert heads.present(tmp_path) is None
    workspace = filled(tmp_path, 4)
    *_, third, fourth = read(workspace.journal)
    assert heads.present(workspace.journal) == heads.Head(seq=4, hash=fourth.hash, at=fourth.at)
    (workspace.journal / segments.HEAD).write_text(f"{3:020} {third.hash}\n")
    assert heads.present(workspace.journal).seq == 3


def test_heads_are_written_down_and_read_again(tmp_path: Path) -> None:
    """One line each, behind what is there, also behind a line without an end."""
    workspace = filled(tmp_path, 4)
    head = heads.present(workspace.journal)
    path = heads.add(workspace, head)
    path.write_text(path.read_text() + "# a word of the operator")
    heads.add(workspace, head)
    found = heads.read(path)
    assert [told.seal for told in found] == [Seal(4, head.hash)] * 2
    assert found[1].where == f"{path}:4"


@pytest.mark.parametrize(
    "text", ["soon", "4 abc", "x " + "a" * 64, "1 2 3 4", "-1 " + "a" * 64, "9" * 30 + " " + "a" * 64]
)
def test_what_is_no_head_is_refused_by_its_line(text: str) -> None:
    """A list that was damaged must not look like one that agrees."""
    with pytest.raises(heads.NoHeads, match="notes:2"):
        heads.parse(["# title", text], "notes")


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"))))
def test_any_lines_are_heads_or_refused(told: list[str]) -> None:
    """Whatever a file holds, it is read whole or named by its line."""
    found: tuple[Published, ...] = ()
    with suppress(heads.NoHeads):
        found = heads.parse(told, "notes")
    assert all(len(head.seal.hash) == 64 for head in found)


def test_no_head_at_all_is_refused() -> None:
    """Nothing to compare with proves nothing."""
    with pytest.raises(heads.NoHeads, match="publish"):
        heads.parse(["# title", ""], "notes")
    with pytest.raises(heads.NoHeads, match="SEQ:HASH"):
        heads.given("4")
    assert heads.given(f"4:{'a' * 64}").seal == Seal(4, "a" * 64)


def test_a_chain_that_was_rewritten_whole_is_noticed_by_its_published_heads(tmp_path: Path) -> None:
    """Nothing inside can tell; what was published before does, and says up to where it is as it was."""
    workspace = filled(tmp_path, 9, per_day=3, checkpoint=True)
    told = {entry.seq: Published(f"day {entry.seq}", Seal(entry.seq, entry.hash)) for entry in read(workspace.journal)}
    published = (told[3], told[6], told[9])
    whole = verify(workspace.journal, checkpoint=workspace.checkpoint, heads=published)
    assert (whole.ok, whole.confirmed) == (True, 3)
    rewritten(workspace, since=5)
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint, heads=published)
    assert [(found.kind, found.seq, found.line) for found in audit.damage] == [("rewritten", 6, 3)]
    assert "day 6" in audit.damage[0].text and "up to entry 3" in audit.damage[0].text


def test_a_chain_that_is_shorter_than_what_was_published_is_truncated(tmp_path: Path) -> None:
    """Also when head and checkpoint were cut with it."""
    workspace = filled(tmp_path, 9, per_day=3)
    last = list(read(workspace.journal))[-1]
    (workspace.journal / segments.names(workspace.journal)[-1]).unlink()
    rewritten(workspace, since=100)
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok
    audit = verify(workspace.journal, checkpoint=None, heads=(Published("there", Seal(9, last.hash)),))
    assert [(found.kind, found.seq) for found in audit.damage] == [("truncated", 7)]
