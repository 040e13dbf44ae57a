"""An erasure, from finding all of it to the proof that the record is whole."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from engine.safety.privacy import erasing
from engine.safety.privacy.subject import Subject
from engine.safety.privacy.vault import Vault
from state.files import create_workspace
from state.journal import verify
from state.keeping import anchors, erasures, prune
from state.model import task as t
from state.model.reason import Reason
from state.store import Store
from tests.making import NOON, ManualClock, a_task
from tests.state.making import ASKED, held

GRACE = Subject("Grace Hopper")
DAY_S = 86_400


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[Store]:
    """Three days: she stands in a task of the first, in a reason of the second and in nothing of the third."""
    with Store.open(create_workspace(tmp_path), clock) as store:
        store.commit([a_task("one", description="ask Grace Hopper")], ASKED)
        store.commit([a_task("two")], ASKED)
        clock.forward(DAY_S)
        store.commit([], Reason(actor="engine", action="noted", why="told by\nGrace  Hopper"))
        over = t.Failed(build="", text="no", at=NOON)
        store.commit([a_task("one", over, description="ask Grace Hopper")], ASKED)
        clock.forward(DAY_S)
        store.commit([a_task("three")], ASKED)
        yield store


def everything(root: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file())


def erase(store: Store, actor: str = "operator:ada") -> frozenset[int]:
    found = erasing.search(store.workspace, GRACE)
    numbers = erasing.stage(store, GRACE, found, actor, erasing.Done())
    store.flush()
    erasing.carry_out(store, numbers, actor)
    return numbers


def test_what_holds_a_subject_is_found(store: Store) -> None:
    """Entries by what they say and what they wrote down, in the vault and in files."""
    Vault(store.workspace).keep("two", {"[name 1]": "Grace Hopper"})
    (store.workspace.logs / "engine.log").write_text("Grace Hopper, grace hopper")
    found = erasing.search(store.workspace, GRACE)
    assert [entry.seq for entry in found.entries] == [1, 3, 4]
    assert (found.tasks, found.files[0].times, found.upto) == (("two",), 2, 5)
    assert not found.nothing
    assert erasing.search(store.workspace, Subject("Ada Lovelace")).nothing


def test_nothing_of_a_subject_is_left_and_the_chain_holds(store: Store) -> None:
    """The journal and the checkpoint hold her no more, all else is as it was, and the record says what was done."""
    store.checkpoint()
    before = held(store)
    assert erase(store) == {1, 3, 4}
    workspace = store.workspace
    assert b"Hopper" not in everything(workspace.hidden)
    audit = verify(workspace.journal, checkpoint=workspace.checkpoint)
    assert (audit.ok, audit.entries, audit.erased) == (True, 6, 3)
    told = erasures.told(workspace.journal)
    assert (told.erasures[0].entries, told.unfinished, told.unexplained) == (
        frozenset({1, 3, 4}),
        frozenset(),
        (),
    )
    assert told.words == "3 entries were erased on 2026-03-06"
    after = held(store)
    assert after["tasks"][1:] == before["tasks"][1:]
    one = after["tasks"][0]
    assert one.spec.description == "ask [erased]"
    assert msgspec.structs.replace(one, spec=before["tasks"][0].spec) == before["tasks"][0]


@pytest.mark.parametrize("lost", [False, True])
def test_a_store_comes_back_after_an_erasure(store: Store, clock: ManualClock, lost: bool) -> None:
    """From the checkpoint, and from the journal alone: what the erased entries wrote stands in later ones."""
    erase(store)
    store.commit([a_task("four")], ASKED)
    before = {task.label: task for task in held(store)["tasks"]}
    store.close()
    if lost:
        store.workspace.checkpoint.unlink()
    with Store.open(store.workspace, clock) as again:
        assert {task.label: task for task in held(again)["tasks"]} == before
        again.commit([a_task("five")], ASKED)
    assert verify(store.workspace.journal, checkpoint=store.workspace.checkpoint).ok


def test_a_yes_outlasts_the_erasure_of_a_name(store: Store) -> None:
    """An approval was given to the task, and is bound to it as it is now."""
    task = a_task("asked", description="for Grace Hopper")
    task = msgspec.structs.replace(task, approval=t.Approval(by="a", at=NOON, digest=task.spec.digest))
    store.commit([task], ASKED)
    erase(store)
    assert store.tasks["asked"].approved
    assert store.tasks["asked"].spec.description == "for [erased]"


def test_a_pruned_journal_loses_her_in_what_it_stands_on_too(store: Store, clock: ManualClock) -> None:
    """The base that stands in place of pruned entries is written anew, and proves itself."""
    workspace = store.workspace
    found = prune.plan(workspace.journal, clock.now().date())
    assert found is not None
    prune.prune(workspace, store, found, "engine")
    assert b"Hopper" in (workspace.journal / anchors.bases(workspace.journal)[0]).read_bytes()
    erase(store)
    assert b"Hopper" not in everything(workspace.hidden)
    store.close()
    workspace.checkpoint.unlink()
    with Store.open(workspace, clock) as again:
        assert again.tasks["one"].spec.description == "ask [erased]"
    assert verify(workspace.journal, checkpoint=workspace.checkpoint).ok


def test_an_erasure_that_was_cut_short_is_finished_without_her_name(store: Store) -> None:
    """What is on record is enough to go on."""
    erasing.begin(store.workspace)
    found = erasing.search(store.workspace, GRACE)
    erasing.stage(store, GRACE, found, "operator:ada", erasing.Done())
    store.flush()
    assert erasures.under_way(store.workspace)
    assert erasing.unfinished(store) == {1, 3, 4}
    erasing.carry_out(store, erasing.unfinished(store), "engine")
    assert not erasures.under_way(store.workspace)
    assert b"Hopper" not in everything(store.workspace.hidden)


def test_entries_that_came_while_it_was_looked_for_go_too(store: Store) -> None:
    """What was written between the search and the erasure is no hole."""
    found = erasing.search(store.workspace, GRACE)
    store.commit([], Reason(actor="engine", action="noted", why="Grace Hopper again"))
    assert erasing.stage(store, GRACE, found, "operator:ada", erasing.Done()) == {1, 3, 4, 6}


def test_a_task_that_needs_the_words_to_run_stands_in_the_way(store: Store) -> None:
    """A command is not changed under the task that is to run it; once the task is over it is."""
    assert erasing.in_the_way(store, GRACE) == ""
    store.commit([a_task("mail", command="mail 'Grace Hopper'")], ASKED)
    assert "mail is queued" in erasing.in_the_way(store, GRACE)
    store.commit([a_task("mail", t.Building(build="mail-1"), command="mail 'Grace Hopper'")], ASKED)
    assert "midwatch kill mail" in erasing.in_the_way(store, GRACE)
    store.commit([a_task("mail", t.Killed(build="", text="", at=NOON), command="mail 'Grace Hopper'")], ASKED)
    assert erasing.in_the_way(store, GRACE) == ""


def test_words_and_files_lose_her_and_nothing_else(store: Store) -> None:
    """Of a task's words only hers go, and a task without words left has no file."""
    workspace, keeper = store.workspace, Vault(store.workspace)
    keeper.keep("one", {"[name 1]": "Grace Hopper", "[mail 1]": "ada@example.org"})
    keeper.keep("two", {"[name 1]": "grace hopper"})
    keeper.keep("three", {"[name 1]": "Ada Lovelace"})
    (workspace.logs / "engine.log").write_text("Grace Hopper\n")
    assert erasing.forget_words(workspace, GRACE) == 2
    assert {label: keeper.words(label) for label in keeper.labels()} == {
        "one": {"[mail 1]": "ada@example.org"},
        "three": {"[name 1]": "Ada Lovelace"},
    }
    assert erasing.blot_files(workspace, GRACE) == 1
    assert (workspace.logs / "engine.log").read_text() == "************\n"


def test_a_label_stays_and_is_told(store: Store) -> None:
    """It is the name of a record, and cannot go."""
    store.commit([a_task("grace-hopper")], ASKED)
    assert "labels grace-hopper, which" in erasing.told(store, GRACE, erase(store), erasing.Found(), erasing.Done())
    assert "label" not in erasing.told(store, Subject("Ada Lovelace"), frozenset(), erasing.Found(), erasing.Done())
