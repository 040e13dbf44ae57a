"""Finds all that a workspace holds of a subject, and takes it out so that the record can still be proven."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from engine.safety.privacy import places
from engine.safety.privacy.places import Place
from engine.safety.privacy.subject import Subject
from engine.safety.privacy.vault import Vault
from state import line as lines
from state import records, segments
from state.disk import DISK, Disk
from state.files import Workspace, atomic_write
from state.keeping import anchors, erasures, prune
from state.model import task as t
from state.model.record import Noun
from state.model.view import Record
from state.store import Store

_PASSES = 5
_OVER = (t.Done, t.Failed, t.Killed, t.Unknown)


class Mention(Noun, frozen=True, kw_only=True):
    """An entry of the journal that holds a subject."""

    seq: int
    at: datetime
    actor: str
    action: str
    label: str = ""
    build: str = ""
    records: tuple[tuple[str, str], ...] = ()
    """By table and key, what it wrote down."""


class Found(Noun, frozen=True, kw_only=True):
    """All that holds a subject."""

    entries: tuple[Mention, ...] = ()
    tasks: tuple[str, ...] = ()
    """The tasks whose true words hold it, and are kept apart."""
    files: tuple[Place, ...] = ()
    """The engine's own."""
    yours: tuple[Place, ...] = ()
    """The operator's, and what builds made: these are never changed."""
    upto: int = 0
    """The last entry that was looked at."""

    @property
    def nothing(self) -> bool:
        """Whether nothing holds it that could be erased."""
        return not (self.entries or self.tasks or self.files)


def search(workspace: Workspace, subject: Subject) -> Found:
    """Look through the journal, the vault and the files. Any process may, and nothing is changed."""
    keeper = Vault(workspace)
    last = segments.read_head(workspace.journal)
    return Found(
        entries=tuple(entries(workspace.journal, subject)),
        tasks=tuple(label for label in keeper.labels() if subject.in_plain(list(keeper.words(label).values()))),
        files=places.holding(places.ours(workspace), subject, workspace.root),
        yours=places.holding(places.theirs(workspace), subject, workspace.root),
        upto=last.seq if last else 0,
    )


def entries(folder: Path, subject: Subject, after: int = 0) -> Iterator[Mention]:
    """Yield the entries behind `after` that hold a subject in what can be erased of them."""
    for name in segments.names(folder):
        for raw in segments.lines(folder / name):
            if lines.seq_of(raw) > after and raw.endswith(b"\n"):
                yield from _mention(raw, subject)


def _mention(raw: bytes, subject: Subject) -> Iterator[Mention]:
    try:
        line = lines.parse(raw)
        if line.erased or not subject.in_line(bytes(line.body)):
            return
        body = lines.body_in(line)
    except records.UNREADABLE:
        return  # damage, which `audit verify` tells
    why = body.reason
    if anchors.cut_in(why) is not None:
        return  # the journal's own beginning: it names files, and no chain stands without it
    yield Mention(
        seq=line.seq,
        at=line.at,
        actor=line.actor,
        action=why.action,
        label=why.label,
        build=why.build,
        records=tuple((table, records.decode(table, data).key) for table, data in body.changes),
    )


def in_the_way(store: Store, subject: Subject) -> str:
    """Say why a subject cannot be erased now: a task that is still to run needs it; empty when nothing does."""
    for task in store.tasks.values():
        runs = [task.spec.command, task.spec.verify, task.spec.repo, task.spec.branch, *task.spec.paths]
        if not isinstance(task.state, _OVER) and subject.in_plain(runs):
            end = "kill" if isinstance(task.state, t.Building | t.Verifying) else "deny"
            words = f"{task.label} is {task.state_name} and needs these words to run"
            return f"{words}: wait until it is over, or `midwatch {end} {task.label}` first"
    return ""


def stage(store: Store, subject: Subject, found: Found, actor: str, words: int, blotted: int) -> frozenset[int]:
    """Stage the erasure: what the records are now, without the subject. Returns the entries to take the contents of.

    On the thread of the store's owner; to be flushed before anything is taken out.
    """
    later = entries(store.workspace.journal, subject, found.upto)
    mentions = (*found.entries, *later)
    present: dict[tuple[str, str], Record] = {}
    for table, key in (pair for mention in mentions for pair in mention.records):
        if (record := store.record(table, key)) is not None:
            present[table, key] = record
    for record in store.records():
        if subject.in_line(records.encode(record)):
            present[records.TABLE_OF[type(record)], record.key] = record
    numbers = frozenset(mention.seq for mention in mentions)
    why = f"erased on request: {_words(len(numbers), words, blotted)}"
    cleaned = [_cleaned(record, subject) for record in present.values()]
    store.stage(cleaned, erasures.reason(actor, why, numbers))
    return numbers


def _cleaned(record: Record, subject: Subject) -> Record:
    cleaned: Record = subject.cleaned(record)
    if isinstance(record, t.Task) and isinstance(cleaned, t.Task) and record.approved and record.approval is not None:
        # The yes was to this task, and only words about a person were taken out of it.
        approval = msgspec.structs.replace(record.approval, digest=cleaned.spec.digest)
        return msgspec.structs.replace(cleaned, approval=approval)
    return cleaned


def told(store: Store, subject: Subject, numbers: frozenset[int], words: int, blotted: int) -> str:
    """Return what was done, with what of it is on record, and which labels hold it: the names of records stay."""
    labels = ", ".join(label for label in store.tasks if subject.in_text(label))
    left = f"; it stays in the labels {labels}, which name tasks for good" if labels else ""
    return f"erased: {_words(len(numbers), words, blotted)}; the record says so{left}"


def _words(numbers: int, words: int, blotted: int) -> str:
    counted = (
        (numbers, "entry of the journal", "entries of the journal"),
        (words, "task's own words", "tasks' own words"),
        (blotted, "file", "files"),
    )
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count)


def forget_words(workspace: Workspace, subject: Subject, disk: Disk = DISK) -> int:
    """Take a subject out of what tasks say of people, and return of how many; raises OSError."""
    keeper = Vault(workspace, disk)
    changed = 0
    for label in keeper.labels():
        words = keeper.words(label)
        kept = {placeholder: said for placeholder, said in words.items() if not subject.in_text(said)}
        if kept != words:
            keeper.keep(label, kept)
            changed += 1
    return changed


def blot_files(workspace: Workspace, subject: Subject, disk: Disk = DISK) -> int:
    """Write over a subject in the engine's own files, and return in how many; raises OSError."""
    blotted: set[str] = set()
    for _ in range(_PASSES):
        held = {str(path) for path in places.ours(workspace) if places.blot(path, subject, disk)}
        if not held:
            break
        # A page that was replaced meanwhile may have brought the words back.
        blotted |= held
    return len(blotted)


def begin(workspace: Workspace, disk: Disk = DISK) -> None:
    """Leave a mark that an erasure is under way, so that the next start finishes it; raises OSError."""
    atomic_write(erasures.mark(workspace), b"", mode=0o600, disk=disk)


def carry_out(store: Store, numbers: frozenset[int], actor: str, disk: Disk = DISK) -> None:
    """Take the contents of entries out, once a durable entry says that this is done, and all that stands on them.

    On the thread of the store's owner; raises StoreFailed and NotPruned, and can be called again.
    """
    store.erase(numbers)
    base = prune.renewal(store.workspace.journal)
    if base is not None:
        prune.prune(store.workspace, store, base, actor, disk=disk)
    settle(store, disk)


def settle(store: Store, disk: Disk = DISK) -> None:
    """Wait for the checkpoint that holds nothing of it any more; any thread may. Raises NotPruned."""
    if not store.settled():
        raise prune.NotPruned("no checkpoint could be written, and the old one may hold what was erased: make room")
    disk.remove(erasures.mark(store.workspace))


def unfinished(store: Store) -> frozenset[int]:
    """Return the entries that are on record as erased and still have their contents."""
    return erasures.told(store.workspace.journal).unfinished
