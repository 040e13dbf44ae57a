"""A journal is taken in as of a durable entry, whatever is being written to it."""

import threading
from pathlib import Path

import pytest

from engine.reversal.snapshots import earlier, history
from engine.reversal.snapshots.objects import Objects
from engine.reversal.snapshots.scan import Scan
from engine.reversal.snapshots.vault import JOURNAL
from state import segments
from state.files import Workspace
from state.keeping.prune import plan, prune
from state.line import Seal
from state.store import Store
from tests.making import ManualClock, a_task
from tests.state.making import ASKED, filled


def taken(workspace: Workspace, to: Path) -> tuple[Seal, Workspace, list[str]]:
    """Take the journal in, and lay it out in a workspace of its own."""
    objects = Objects(to / "objects")
    writer = objects.writer()
    scan = Scan(writer, {})
    end = history.take(scan, JOURNAL, workspace.journal)
    writer.close()
    was = Workspace(to / "was")
    earlier.lay(objects, scan.entries, was)
    return end, was, scan.troubles


def test_what_no_one_was_told_of_is_left_out(tmp_path: Path) -> None:
    """A line behind the last acknowledged one, whole or torn, is not in the snapshot."""
    workspace = filled(tmp_path / "w", 5)
    end = segments.read_head(workspace.journal)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    whole = last.read_bytes()
    with last.open("ab") as file:
        file.write(whole.splitlines(keepends=True)[-1] + b'{"seq":7,"at')
    found, was, troubles = taken(workspace, tmp_path)
    assert (found, troubles) == (end, [])
    assert (was.journal / last.name).read_bytes() == whole
    assert len(earlier.tables(was)["tasks"]) == 5


def test_a_pruned_journal_comes_with_what_it_stands_on(tmp_path: Path) -> None:
    """Its base is taken too, so that it can be brought back without the entries that are gone."""
    workspace = filled(tmp_path / "w", 9)
    with Store.open(workspace, ManualClock()) as store:
        days = [name.removesuffix(segments.SUFFIX) for name in segments.names(workspace.journal)]
        found = plan(workspace.journal, ManualClock().now().date().replace(day=int(days[-1][-2:])))
        assert found is not None
        prune(workspace, store, found, "test")
    _, was, _ = taken(workspace, tmp_path)
    assert len(earlier.tables(was)["tasks"]) == 9


@pytest.mark.parametrize("damage", ["head", "cut"])
def test_a_journal_whose_end_cannot_be_told_is_taken_as_it_is(tmp_path: Path, damage: str) -> None:
    """Evidence is kept, not judged; its end is unknown."""
    workspace = filled(tmp_path / "w", 4)
    last = workspace.journal / segments.names(workspace.journal)[-1]
    if damage == "head":
        (workspace.journal / segments.HEAD).write_bytes(b"nonsense")
    else:
        last.write_bytes(last.read_bytes()[:40])
    end, was, troubles = taken(workspace, tmp_path)
    assert end == Seal()
    assert (was.journal / last.name).read_bytes() == last.read_bytes()
    assert [text for text in troubles if "entry 4 is not in it" in text] == troubles
    assert bool(troubles) is (damage == "cut")


def test_snapshots_beside_a_busy_writer_are_all_whole(tmp_path: Path) -> None:
    """Each ends with an entry that was acknowledged, and its chain holds up to there."""
    workspace = filled(tmp_path / "w", 1)
    stop = threading.Event()

    def write() -> None:
        with Store.open(workspace, ManualClock()) as store:
            number = 0
            while not stop.is_set():
                number += 1
                store.commit([a_task(f"busy-{number}")], ASKED)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        ends = []
        for number in range(8):
            end, was, troubles = taken(workspace, tmp_path / str(number))
            assert troubles == []
            assert len(earlier.tables(was)["tasks"]) == end.seq
            ends.append(end.seq)
    finally:
        stop.set()
        writer.join()
    assert ends == sorted(ends)
