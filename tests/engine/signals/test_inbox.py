"""A folder into which anybody may put anything."""

import json
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.signals.inbox import MOST_BYTES, QUIET_S, Bad, Inbox
from state.files import create_workspace
from tests.engine.signals.files import written

HANDLING = {"handling": "logged", "outcome": "it tells of something"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace's folder of signals."""
    return create_workspace(tmp_path / "operator").escalations


@pytest.fixture
def inbox(folder: Path) -> Inbox:
    """The same, read."""
    workspace = create_workspace(folder.parent)
    return Inbox(workspace)


def old(path: Path) -> None:
    """Let nobody have written to a file for a while."""
    os.utime(path, (time.time() - 2 * QUIET_S,) * 2, follow_symlinks=False)


def test_the_most_urgent_come_first(folder: Path, inbox: Inbox) -> None:
    """Other files are none of its business."""
    for name, priority in (("a", "low"), ("b", "urgent"), ("c", "high")):
        (folder / f"{name}.json").write_bytes(written(name, priority=priority))
    for name in ("README.md", ".partial.json", "note.txt"):
        (folder / name).write_text("hello")
    found = inbox.look()
    assert [one.told.signal.id for one in found.arrived] == ["b", "c", "a"]
    assert not found.bad and not found.unfinished


def test_what_is_still_being_written_is_left_alone(folder: Path, inbox: Inbox) -> None:
    """Half a file is bad only once nobody has written to it for a moment; the other half makes it a signal."""
    data = written()
    path = folder / "slow.json"
    path.write_bytes(data[:20])
    assert inbox.look().unfinished == 1
    with path.open("ab") as file:
        file.write(data[20:])
    assert [one.told.signal.id for one in inbox.look().arrived] == ["ci-1"]
    path.write_bytes(data[:20])
    old(path)
    [bad] = inbox.look().bad
    assert bad.name == "slow.json" and "no JSON" in bad.why


def test_what_is_no_ordinary_file_is_bad_and_never_followed(folder: Path, inbox: Inbox, tmp_path: Path) -> None:
    """Links, pipes and folders are moved as they are; what a link leads to is neither read nor moved."""
    secret = tmp_path / "secret.json"
    secret.write_bytes(written("secret"))
    (folder / "link.json").symlink_to(secret)
    (folder / "gone.json").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe.json")
    (folder / "folder.json").mkdir()
    (folder / "folder.json" / "kept").write_text("kept")
    found = inbox.look()
    assert not found.arrived
    assert sorted(bad.name for bad in found.bad) == ["folder.json", "gone.json", "link.json", "pipe.json"]
    assert {bad.why for bad in found.bad} == {"it is no ordinary file"}
    for bad in found.bad:
        assert inbox.set_aside(bad)
    assert secret.read_bytes() == written("secret")
    assert (folder / "bad" / "link.json").is_symlink()
    assert (folder / "bad" / "folder.json" / "kept").read_text() == "kept"
    assert inbox.names() == []


def test_a_huge_file_is_bad_unread(folder: Path, inbox: Inbox) -> None:
    """However valid it may be."""
    (folder / "huge.json").write_bytes(written() + b" " * MOST_BYTES)
    [bad] = inbox.look().bad
    assert "a signal at most 262,144" in bad.why


def test_a_bad_one_is_kept_with_its_reason(folder: Path, inbox: Inbox) -> None:
    """Two of one name are both kept; a name that a terminal would obey becomes harmless."""
    for text in ("first", "second"):
        (folder / "x.json").write_text(text)
        assert inbox.set_aside(Bad("x.json", f"{text} is no JSON"))
    nasty = b"\x1b[2J\xff$(reboot).json"
    (folder / os.fsdecode(nasty)).write_bytes(b"{}")
    for bad in inbox.look().bad:
        inbox.set_aside(bad)
    kept = sorted(path.name for path in (folder / "bad").iterdir() if path.suffix == ".json")
    assert kept == ["_2J_reboot_.json", "x-2.json", "x.json"]
    assert (folder / "bad" / "x-2.json").read_text() == "second"
    assert (folder / "bad" / "x-2.json.reason").read_text() == "second is no JSON\n"
    assert len(inbox.past("bad")) == 3


def test_a_handled_one_says_what_became_of_it(folder: Path, inbox: Inbox) -> None:
    """Its own words stay beside that."""
    (folder / "x.json").write_bytes(written())
    [one] = inbox.look().arrived
    assert inbox.clear(one, HANDLING)
    assert not inbox.clear(one, HANDLING)
    [path] = inbox.past("handled")
    told = json.loads(path.read_bytes())
    assert told["handling"] == HANDLING and told["payload"] == {"text": "a client asks for a quote"}
    assert not (folder / "x.json").exists()


def test_what_was_put_in_its_place_meanwhile_is_not_lost(folder: Path, inbox: Inbox) -> None:
    """It is another signal, and waits for its own turn."""
    path = folder / "x.json"
    path.write_bytes(written("one"))
    [one] = inbox.look().arrived
    path.write_bytes(written("two"))
    assert not inbox.clear(one, HANDLING)
    assert [arrived.told.signal.id for arrived in inbox.look().arrived] == ["two"]
    assert inbox.past("handled") == []


@pytest.mark.parametrize("name", ["bad", "handled"])
def test_a_folder_that_leads_elsewhere_is_refused(folder: Path, inbox: Inbox, tmp_path: Path, name: str) -> None:
    """Nothing is moved through a link that somebody planted."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / name).symlink_to(elsewhere)
    (folder / "x.json").write_bytes(written())
    [one] = inbox.look().arrived
    with pytest.raises(NotADirectoryError, match="no folder of its own"):
        inbox.set_aside(Bad("x.json", "why")) if name == "bad" else inbox.clear(one, HANDLING)
    assert inbox.past(name) == ()
    assert (folder / "x.json").exists() and not list(elsewhere.iterdir())


def test_handled_ones_go_after_a_while(folder: Path, inbox: Inbox) -> None:
    """Bad ones stay until the operator takes them away."""
    for name in ("one", "two", "three"):
        (folder / f"{name}.json").write_bytes(written(name))
    one, three, two = sorted(inbox.look().arrived, key=lambda arrived: arrived.name)
    assert inbox.clear(one, HANDLING) and inbox.clear(two, HANDLING)
    inbox.set_aside(Bad(three.name, "why"))
    now = datetime.now(UTC)
    for path in (*inbox.past("handled")[:1], *inbox.past("bad")):
        os.utime(path, ((now - timedelta(days=2)).timestamp(),) * 2)
    assert inbox.expire(now, 86_400.0) == 1
    assert [path.name for path in inbox.past("handled")] == ["two.json"]
    assert len(inbox.past("bad")) == 1


def test_the_page_is_written_once(folder: Path, inbox: Inbox) -> None:
    """What the operator made of it stays; a folder that is gone is made anew."""
    (folder).rmdir()
    assert inbox.look() == ((), (), 0)
    inbox.prepare()
    assert "# Signals" in (folder / "README.md").read_text()
    (folder / "README.md").write_text("mine")
    inbox.prepare()
    assert (folder / "README.md").read_text() == "mine"
