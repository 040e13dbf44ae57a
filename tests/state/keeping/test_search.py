"""Tests of state.keeping.search."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from state import journal, segments
from state import line as lines
from state.files import Workspace, create_workspace
from state.keeping.search import Query, changed, entry, following, search
from state.model.reason import Reason
from state.store import Store
from tests.making import NOON, ManualClock, a_task

DAY = timedelta(days=1)


def told(**changes: object) -> Reason:
    return msgspec.structs.replace(
        Reason(actor="engine", action="build_started", why="its time came", label="one", build="one-1"), **changes
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Six entries, two on each of three days."""
    workspace, clock = create_workspace(tmp_path), ManualClock()
    with Store.open(workspace, clock) as store:
        for day in range(3):
            store.commit([a_task("one")], told(build=f"one-{day}"))
            store.commit([], told(actor="operator:ada", action="paused", label="", build="", why=f"day {day}: ÄTSCH"))
            clock.forward(86_400)
    return workspace


def seqs(workspace: Workspace, **wanted: object) -> list[int]:
    return [found.seq for found in search(workspace.journal, Query(**wanted))]


def test_each_filter_finds_what_it_names(workspace: Workspace) -> None:
    """Newest first; several are all needed."""
    assert seqs(workspace) == [6, 5, 4, 3, 2, 1]
    assert seqs(workspace, task="one") == [5, 3, 1]
    assert seqs(workspace, build="one-1") == [3]
    assert seqs(workspace, actor="ada") == seqs(workspace, actor="operator:ada") == [6, 4, 2]
    assert seqs(workspace, action="paused", text="day 2") == [6]
    assert seqs(workspace, since=NOON + DAY) == [6, 5, 4, 3]
    assert seqs(workspace, until=NOON + DAY) == [2, 1]
    assert seqs(workspace, since=NOON + DAY, until=NOON + 2 * DAY, task="one") == [3]
    assert seqs(workspace, text="ätsch") == [6, 4, 2]


def test_words_are_found_in_options_and_facts_too(tmp_path: Path) -> None:
    """Wherever a decision says something."""
    workspace = create_workspace(tmp_path)
    with Store.open(workspace, ManualClock()) as store:
        store.commit([], told(options=("stay at home",)))
        store.commit([], told(known=(("weather", "rain"),)))
    assert seqs(workspace, text="AT HOME") == [1]
    assert seqs(workspace, text="weather rain") == [2]


def test_older_files_are_not_opened(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search for today costs a day's reading, however long the record is."""
    opened = []
    real = segments.lines_backwards

    def noted(path: Path) -> Iterator[bytes]:
        opened.append(path.name)
        return real(path)

    monkeypatch.setattr(segments, "lines_backwards", noted)
    assert seqs(workspace, since=NOON + 2 * DAY) == [6, 5]
    assert len(opened) == 1


def test_a_clock_that_went_back_hides_nothing(tmp_path: Path) -> None:
    """Lines of an earlier time in a later file are found by their own time."""
    workspace, clock = create_workspace(tmp_path), ManualClock()
    with Store.open(workspace, clock) as store:
        clock.forward(86_400)
        store.commit([], told())
        clock.forward(-86_400)
        store.commit([], told())
    assert seqs(workspace, until=NOON + timedelta(hours=1)) == [2]
    assert seqs(workspace, since=NOON + timedelta(hours=1)) == [1]


def test_files_that_are_pruned_meanwhile_are_no_trouble(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was listed and is gone when it comes to it has nothing to tell."""
    names = segments.names(workspace.journal)
    monkeypatch.setattr(segments, "names", lambda folder: ["2020-01-01.jsonl", *names])
    assert seqs(workspace) == [6, 5, 4, 3, 2, 1]
    assert [found.seq for found in following(workspace.journal, 4)] == [5, 6]
    assert [found.seq for found in journal.read(workspace.journal)] == [1, 2, 3, 4, 5, 6]
    assert journal.verify(workspace.journal, checkpoint=None).ok


def test_unreadable_lines_are_shown_to_who_looks_at_everything(workspace: Workspace) -> None:
    """And to who looks for them; a search for something else is not disturbed."""
    path = workspace.journal / segments.names(workspace.journal)[0]
    path.write_bytes(b"nonsense\n" + path.read_bytes())
    assert seqs(workspace) == [6, 5, 4, 3, 2, 1, 0]
    assert seqs(workspace, action="unreadable") == [0]
    assert seqs(workspace, task="one") == [5, 3, 1]


def test_an_entry_is_found_by_its_number(workspace: Workspace) -> None:
    """In whatever file, or not at all."""
    assert [entry(workspace.journal, seq).seq for seq in range(1, 7)] == [1, 2, 3, 4, 5, 6]
    assert entry(workspace.journal, 7) is None
    assert entry(workspace.journal.parent / "nowhere", 1) is None


def test_what_an_entry_changed_is_read_with_it(workspace: Workspace) -> None:
    """As it left it; nothing where there is no such entry, or it was erased."""
    assert changed(workspace.journal, 3) == (a_task("one"),)
    assert changed(workspace.journal, 2) == changed(workspace.journal, 7) == ()
    path = workspace.journal / segments.names(workspace.journal)[1]
    raw = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(path.read_bytes().replace(bytes(lines.parse(raw).body), lines.ERASED, 1))
    assert changed(workspace.journal, 3) == ()


def test_what_follows_an_entry_is_read_in_order(workspace: Workspace) -> None:
    """Only lines that hold the needle, and none that is being written."""
    last = workspace.journal / segments.names(workspace.journal)[-1]
    last.write_bytes(last.read_bytes() + lines.opening(7))
    assert [found.seq for found in following(workspace.journal, 2)] == [3, 4, 5, 6]
    assert [found.seq for found in following(workspace.journal, 2, journal.encoded("one-2"))] == [5]
