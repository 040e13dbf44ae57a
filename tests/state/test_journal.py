"""The journal as it is read."""

from pathlib import Path

import msgspec
import pytest

from state import line as lines
from state import segments
from state.journal import read, verify
from tests.state.making import ASKED, filled


def test_a_whole_journal_is_audited_with_its_head(tmp_path: Path) -> None:
    """Nothing found, every entry counted, and the last hash named."""
    workspace = filled(tmp_path, 9)
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    last = list(read(workspace.journal))[-1]
    assert (audit.ok, audit.entries, audit.damage, audit.erased, audit.torn) == (True, 9, (), 0, "")
    assert audit.head == last.hash
    assert len(segments.names(workspace.journal)) == 3


def test_no_journal_is_a_whole_one(tmp_path: Path) -> None:
    """A workspace in which nothing happened has nothing to prove."""
    audit = verify(tmp_path / "missing", checkpoint=tmp_path / "state.json")
    assert (audit.ok, audit.entries, audit.head) == (True, 0, lines.GENESIS)


def test_decisions_are_read_in_either_order(tmp_path: Path) -> None:
    """Over all segments, as far as asked, with everything that was said."""
    workspace = filled(tmp_path, 9)
    decisions = list(read(workspace.journal))
    assert [decision.seq for decision in decisions] == list(range(1, 10))
    assert list(read(workspace.journal, newest_first=True)) == decisions[::-1]
    assert list(read(workspace.journal, newest_first=True, limit=4)) == decisions[:-5:-1]
    assert list(read(workspace.journal, limit=0)) == []
    told = msgspec.structs.asdict(decisions[1])
    assert {name: told[name] for name in msgspec.structs.asdict(ASKED)} == msgspec.structs.asdict(ASKED)
    assert told["prev"] == decisions[0].hash


def test_a_line_that_is_being_written_is_not_told(tmp_path: Path) -> None:
    """A reader beside a living writer sees whole decisions only."""
    workspace = filled(tmp_path, 4)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes() + lines.opening(5) + b"2026")
    assert [decision.seq for decision in read(workspace.journal)] == [1, 2, 3, 4]
    assert [decision.seq for decision in read(workspace.journal, newest_first=True)] == [4, 3, 2, 1]


@pytest.mark.parametrize("newest_first", [False, True])
def test_erased_and_unreadable_lines_are_told_as_such(tmp_path: Path, newest_first: bool) -> None:
    """Who looks for a decision learns that there was one."""
    workspace = filled(tmp_path, 3)
    path = workspace.journal / segments.names(workspace.journal)[0]
    first, _, third = path.read_bytes().splitlines(keepends=True)
    body = bytes(lines.parse(first).body)
    path.write_bytes(first.replace(body, lines.ERASED) + b"\xff\xfe\n" + third)
    told = {decision.seq: decision for decision in read(workspace.journal, newest_first=newest_first)}
    assert {seq: decision.action for seq, decision in told.items()} == {
        1: "erased",
        0: "unreadable",
        3: "task_added",
    }
    assert told[1].actor == ASKED.actor
    assert "midwatch audit verify" in told[0].why


def test_erased_lines_are_counted_and_the_chain_stays_whole(tmp_path: Path) -> None:
    """Contents can be taken out without a trace of damage, but not in secret."""
    workspace = filled(tmp_path, 3)
    path = workspace.journal / segments.names(workspace.journal)[0]
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first.replace(bytes(lines.parse(first).body), lines.ERASED) + b"".join(rest))
    audit = verify(workspace.journal, checkpoint=None)
    assert (audit.ok, audit.entries, audit.erased) == (True, 3, 1)


def test_a_torn_end_is_no_damage_but_is_told(tmp_path: Path) -> None:
    """Nobody was told of that change; a living writer's unfinished line is not even worth a word."""
    workspace = filled(tmp_path, 4)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes() + lines.opening(5))
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert (audit.ok, audit.entries) == (True, 4)
    assert str(last) in audit.torn
    assert verify(workspace.journal, checkpoint=workspace.checkpoint, in_flight=True).torn == ""


def test_a_writer_that_takes_back_under_the_audit_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a living writer a first bad look is looked at again."""
    workspace = filled(tmp_path, 4)
    name = segments.names(workspace.journal)[-1]
    looks = []

    def flicker(path: Path, offset: int = 0) -> list[bytes]:
        looks.append(path.name)
        half = path.name == name and looks.count(name) == 1
        return [b"half a line {\n"] if half else path.read_bytes().splitlines(keepends=True)

    monkeypatch.setattr(segments, "lines", flicker)
    assert verify(workspace.journal, checkpoint=None, in_flight=True).ok
    looks.clear()
    assert not verify(workspace.journal, checkpoint=None).ok
