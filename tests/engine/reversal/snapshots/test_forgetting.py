"""A person's words are taken out of restore points, and these can still be proven and restored."""

import shutil
from pathlib import Path

import msgspec
import pytest

from engine.reversal.snapshots import earlier, forgetting, way_back
from engine.reversal.snapshots.extract import lay_out
from engine.reversal.snapshots.objects import PIECE, ObjectDamaged
from engine.reversal.snapshots.rehearsal import lay_all, rehearse
from engine.reversal.snapshots.vault import Manifest, NoSnapshot, Vault
from engine.reversal.snapshots.way_back import Part
from engine.safety.privacy.subject import Subject
from state import journal, segments
from state.files import Workspace
from state.keeping import erasures, prune
from state.store import Store
from tests.engine.reversal.snapshots.scenes import a_vault, at, take
from tests.faults.crashing import Stopped, StoppingDisk
from tests.making import ManualClock, a_task
from tests.state.making import ASKED

GRACE = Subject("Grace Hopper")
NAME = b"Grace Hopper"


def spoken_of(root: Path, *, folder: Path | None = None) -> tuple[Vault, Manifest]:
    """A workspace in whose record and memory somebody is named, with a restore point of it."""
    vault = a_vault(root)
    with Store.open(vault.workspace, ManualClock(at(80))) as store:
        store.commit([a_task("task-2", description="for Grace Hopper"), a_task("plain")], ASKED)
    (vault.workspace.root / "memory" / "2026-03-04.md").write_text("met Grace Hopper\nand went home\n")
    return vault, take(vault, folders=[folder] if folder else [])


def forget(vault: Vault) -> tuple[int, int]:
    """Take her out, as an erasure does."""
    with vault.locked():
        done = forgetting.forget(vault, GRACE, at(9))
        vault.sweep()
    return done


def pieces(vault: Vault) -> bytes:
    """Everything that the restore points hold."""
    return b"".join(vault.objects.read(name) for name, _ in vault.objects.names())


def described(was: Workspace) -> dict[str, str]:
    """What the tasks of a state say."""
    return {label: row.spec.description for label, row in earlier.tables(was)["tasks"].items()}


def test_her_words_are_gone_and_the_rest_is_as_it_was(tmp_path: Path) -> None:
    """The chain holds, a rehearsal passes, the state as of then is whole but for her name, and it says when."""
    vault, made = spoken_of(tmp_path)
    found = forgetting.holding(vault, GRACE)
    assert [(place.path.partition(": ")[2], place.times) for place in found] == [
        ("memory/2026-03-04.md", 1),
        (f".midwatch/journal/{segments.names(vault.workspace.journal)[-1]}", 1),
    ]
    assert forget(vault) == (2, 1)
    assert NAME not in pieces(vault) and forgetting.holding(vault, GRACE) == ()
    (left,) = vault.manifests()
    assert left.snapshot.erased_at == at(9) and left.snapshot.head == made.snapshot.head
    proven = rehearse(vault, left, at(10))
    assert proven.ok, proven.troubles
    lay_all(vault, left, tmp_path / "again")
    assert (tmp_path / "again" / "memory" / "2026-03-04.md").read_bytes() == b"met ************\nand went home\n"
    then = described(Workspace(tmp_path / "again"))
    assert then["task-2"] == "for [erased]" and then["plain"] == a_task().spec.description and len(then) == 4


def test_what_holds_nobody_stays_as_it_is(tmp_path: Path) -> None:
    """Not a byte of another restore point is written."""
    vault = a_vault(tmp_path)
    take(vault)
    before = {path: path.stat().st_mtime_ns for path in vault.folder.rglob("*") if path.is_file()}
    assert forget(vault) == (0, 0)
    assert {path: path.stat().st_mtime_ns for path in vault.folder.rglob("*") if path.is_file()} == before


def test_a_file_that_still_names_her_is_taken_in_anew(tmp_path: Path) -> None:
    """The next restore point holds what is there, and does not take what was blotted for it."""
    vault, _ = spoken_of(tmp_path)
    forget(vault)
    again = take(vault, hours=10)
    found = {place.path.partition(":")[0] for place in forgetting.holding(vault, GRACE)}
    assert found == {f"restore point {again.snapshot.id}"}


def test_a_name_across_two_pieces_is_found(tmp_path: Path) -> None:
    """Large files are kept in pieces, and words may lie where two meet."""
    folder = tmp_path / "notes"
    folder.mkdir()
    text = b"x" * (PIECE - 7) + b" Grace Hopper\n" + b"y" * 100
    (folder / "large").write_bytes(text)
    vault, made = spoken_of(tmp_path / "space", folder=folder)
    forget(vault)
    lay_out(vault.objects, vault.entries(vault.manifests()[0]), {2: tmp_path / "out"})
    assert (tmp_path / "out" / "large").read_bytes() == text.replace(NAME, b"*" * 12)
    assert made.snapshot.bytes != 0


def test_a_second_person_can_be_forgotten_too(tmp_path: Path) -> None:
    """The state that the first one left apart is cleaned like everything else."""
    vault, _ = spoken_of(tmp_path)
    with Store.open(vault.workspace, ManualClock(at(90))) as store:
        store.commit([a_task("task-3", description="for Jean Bartik and Grace Hopper")], ASKED)
    take(vault, hours=1)
    forget(vault)
    with vault.locked():
        assert forgetting.forget(vault, Subject("Jean Bartik"), at(11)) == (1, 1)
        vault.sweep()
    assert b"Bartik" not in pieces(vault)
    assert [rehearse(vault, manifest, at(12)).troubles for manifest in vault.manifests()] == [(), ()]
    lay_all(vault, vault.manifests()[-1], tmp_path / "again")
    assert described(Workspace(tmp_path / "again"))["task-3"] == "for [erased] and [erased]"


def test_a_pruned_journal_stands_on_the_state_that_is_left(tmp_path: Path) -> None:
    """The file that it stood on names her, and an anchor seals it: it goes, and the state takes its place."""
    vault = a_vault(tmp_path, 9)
    with Store.open(vault.workspace, ManualClock(at(80))) as store:
        store.commit([a_task("task-2", description="for Grace Hopper")], ASKED)
        found = prune.plan(vault.workspace.journal, at(60).date())
        assert found is not None
        prune.prune(vault.workspace, store, found, "operator:ada")
    take(vault)
    assert any("base-" in place.path for place in forgetting.holding(vault, GRACE))
    forget(vault)
    assert NAME not in pieces(vault)
    proven = rehearse(vault, vault.manifests()[0], at(10))
    assert proven.ok, proven.troubles
    lay_all(vault, vault.manifests()[0], tmp_path / "again")
    assert described(Workspace(tmp_path / "again"))["task-2"] == "for [erased]"


def test_only_its_own_end_can_be_gone_back_to(tmp_path: Path) -> None:
    """What was erased is missing from every moment before that: it says so, and gives no half state."""
    vault, made = spoken_of(tmp_path)
    with Store.open(vault.workspace, ManualClock(at(90))) as store:
        store.commit([a_task("last")], ASKED)
    later = take(vault, hours=1)
    forget(vault)
    was = Workspace(tmp_path / "was")
    left = vault.find(later.snapshot.id)
    earlier.lay(vault.objects, vault.entries(left), was, left.image)
    with pytest.raises(NoSnapshot, match="erased"):
        earlier.bring_to(was, None, made.snapshot.seq)


def test_a_record_that_comes_back_from_it_says_what_was_erased(tmp_path: Path) -> None:
    """Where the present record cannot be used, the one that takes its place proves itself, erasure included."""
    vault, _ = spoken_of(tmp_path)
    forget(vault)
    path = vault.workspace.journal / segments.names(vault.workspace.journal)[0]
    path.write_bytes(path.read_bytes().replace(b"asked for", b"not asked", 1))
    ready = way_back.prepare(
        vault,
        vault.manifests()[0],
        now=at(20),
        by="operator:ada",
        why="",
        folders=(),
        part=Part.ALL,
        to=None,
        view=None,
    )
    way_back.exchange_record(vault, ready, ManualClock(at(100)), "operator:ada")
    found = journal.verify(vault.workspace.journal, checkpoint=vault.workspace.checkpoint)
    found, told = erasures.accounted(found, vault.workspace.journal)
    assert found.ok and told.words == "1 entry was erased on 2026-03-08"
    with Store.open(vault.workspace, ManualClock(at(101))) as store:
        assert store.tasks["task-2"].spec.description == "for [erased]"


def test_a_damaged_piece_is_told_of(tmp_path: Path) -> None:
    """Nothing is claimed to be gone from what cannot be read."""
    vault, made = spoken_of(tmp_path)
    piece = vault.objects.path(made.tree[0])
    assert piece is not None
    piece.write_bytes(b"rot")
    with pytest.raises(ObjectDamaged):
        forgetting.holding(vault, GRACE)


def test_a_crash_at_any_call_leaves_it_old_or_new_and_the_next_try_finishes(tmp_path: Path) -> None:
    """Whatever was on the disk when it died, the restore point can be restored, and one more call takes her out."""
    spoken_of(tmp_path / "told")
    root, steps = tmp_path / "0", 0
    for calls in range(1000):
        root = tmp_path / str(calls)
        shutil.copytree(tmp_path / "told" / "work", root, symlinks=True)
        try:
            forget(Vault(Workspace(root), StoppingDisk(calls)))
        except Stopped:
            vault = Vault(Workspace(root))
            (left,) = vault.manifests()
            found = rehearse(vault, left, at(10))
            assert found.ok, (calls, found.troubles)
            forget(vault)
            assert NAME not in pieces(vault), calls
            steps += 1
            shutil.rmtree(root)
        else:
            break
    assert steps > 20
    assert msgspec.json.decode(next(root.glob(".midwatch/snapshots/*.json")).read_bytes())["image"]
