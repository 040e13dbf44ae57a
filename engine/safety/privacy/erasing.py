"""Finds all that a workspace holds of a subject, and takes it out so that the record can still be proven."""

from collections.abc import Iterable, Iterator
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
from state.keeping import anchors, archives, erasures, prune
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
    archived: tuple[Mention, ...] = ()
    """Entries that were set aside before they were pruned."""
    points: tuple[Place, ...] = ()
    """Files in restore points."""
    yours: tuple[Place, ...] = ()
    """The operator's, and what builds made: these are never changed."""
    unread: tuple[str, ...] = ()
    """What could not be looked through, and why."""
    upto: int = 0
    """The last entry that was looked at."""

    @property
    def nothing(self) -> bool:
        """Whether nothing holds it that could be erased."""
        return not (self.entries or self.tasks or self.files or self.archived or self.points)


class Done(Noun, frozen=True, kw_only=True):
    """From how much besides the journal a subject was taken out."""

    words: int = 0
    """Tasks whose true words held it."""
    files: int = 0
    points: int = 0
    """Restore points."""
    in_points: int = 0
    """Files in them."""


def search(workspace: Workspace, subject: Subject, archive: Path | None = None) -> Found:
    """Look through the journal, its `archive`, the vault and the files. Any process may, and nothing is changed."""
    archived, unread = _archived(archive, subject)
    keeper = Vault(workspace)
    last = segments.read_head(workspace.journal)
    return Found(
        entries=tuple(entries(workspace.journal, subject)),
        tasks=tuple(label for label in keeper.labels() if subject.in_plain(list(keeper.words(label).values()))),
        files=places.holding(places.ours(workspace), subject, workspace.root),
        archived=archived,
        yours=places.holding(places.theirs(workspace), subject, workspace.root),
        unread=unread,
        upto=last.seq if last else 0,
    )


def _archived(folder: Path | None, subject: Subject) -> tuple[tuple[Mention, ...], tuple[str, ...]]:
    """Return the entries in an archive that hold a subject, and which of its files cannot be read."""
    found, unread = list[Mention](), list[str]()
    for name in archives.names(folder) if folder is not None and folder.is_dir() else ():
        try:
            raws = archives.lines(folder / name) if folder else []
        except archives.BROKEN as error:
            unread.append(f"{name}: {error}")
            continue
        found += (mention for raw in raws for mention in _mention(raw, subject))
    return tuple(found), tuple(unread)


def entries(folder: Path, subject: Subject, after: int = 0) -> Iterator[Mention]:
    """Yield the entries behind `after` that hold a subject in what can be erased of them."""
    names = segments.names(folder)
    # From the back: what is behind an entry stands in few of the files.
    first = next((at for at in range(len(names) - 1, -1, -1) if _begins(folder / names[at]) <= after), 0)
    for name in names[first:]:
        for raw in segments.lines(folder / name):
            if lines.seq_of(raw) > after and raw.endswith(b"\n"):
                yield from _mention(raw, subject)


def _begins(path: Path) -> int:
    return lines.seq_of(next(segments.lines(path), b""))


def holds(raw: bytes, subject: Subject) -> bool:
    """Whether an entry holds a subject in what can be erased of it."""
    return next(_mention(raw, subject), None) is not None


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


def holding(rows: Iterable[Record], subject: Subject) -> list[tuple[str, str]]:
    """Return by table and key which of these records hold a subject. Any thread may."""
    held = (row for row in rows if subject.in_line(records.encode(row)))
    return [(records.TABLE_OF[type(row)], row.key) for row in held]


def stage(
    store: Store, subject: Subject, found: Found, actor: str, done: Done, held: Iterable[tuple[str, str]] | None = None
) -> frozenset[int]:
    """Stage the erasure: what the records are now, without the subject. Returns the entries to take the contents of.

    `held` are the records that held it at some time after the search, where somebody has looked; what was written since
    is looked through here. On the thread of the store's owner; to be flushed before anything is taken out.
    """
    mentions = (*found.entries, *entries(store.workspace.journal, subject, found.upto))
    pairs = [pair for mention in mentions for pair in mention.records]
    pairs += holding(store.records(), subject) if held is None else held
    present = {pair: row for pair in pairs if (row := store.record(*pair)) is not None}
    numbers = frozenset(mention.seq for mention in (*mentions, *found.archived))
    why = f"erased on request: {_words(numbers, found, done)}"
    store.stage([without(row, subject) for row in present.values()], erasures.reason(actor, why, numbers))
    return numbers


def without(record: Record, subject: Subject) -> Record:
    """Return a record without a subject; the same one where it holds none."""
    if not subject.in_line(records.encode(record)):
        return record
    cleaned: Record = subject.cleaned(record)
    if isinstance(record, t.Task) and isinstance(cleaned, t.Task) and record.approved and record.approval is not None:
        # The yes was to this task, and only words about a person were taken out of it.
        approval = msgspec.structs.replace(record.approval, digest=cleaned.spec.digest)
        return msgspec.structs.replace(cleaned, approval=approval)
    return cleaned


def told(store: Store, subject: Subject, numbers: frozenset[int], found: Found, done: Done) -> str:
    """Return what was done, with what of it is on record, and which labels hold it: the names of records stay."""
    labels = ", ".join(label for label in store.tasks if subject.in_text(label))
    left = f"; it stays in the labels {labels}, which name tasks for good" if labels else ""
    return f"erased: {_words(numbers, found, done)}; the record says so{left}"


def _words(numbers: frozenset[int], found: Found, done: Done) -> str:
    archived = {mention.seq for mention in found.archived}
    where = f"in {done.points:,} restore point{'s' * (done.points != 1)}"
    counted = (
        (len(numbers - archived), "entry of the journal", "entries of the journal"),
        (len(archived), "archived entry", "archived entries"),
        (done.words, "task's own words", "tasks' own words"),
        (done.files, "file", "files"),
        (done.in_points, f"file {where}", f"files {where}"),
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


def carry_out(
    store: Store, numbers: frozenset[int], actor: str, disk: Disk = DISK, *, archive: Path | None = None
) -> None:
    """Take the contents of entries out, once a durable entry says that this is done, and all that stands on them.

    On the thread of the store's owner; raises StoreFailed and NotPruned, and can be called again.
    """
    store.erase(numbers)
    forget_archived(archive, numbers, disk)
    base = prune.renewal(store.workspace.journal)
    if base is not None:
        prune.prune(store.workspace, store, base, actor, disk=disk)
    settle(store, disk)


def forget_archived(folder: Path | None, numbers: frozenset[int], disk: Disk = DISK) -> None:
    """Take the contents of entries out of an archive as well. Any thread may; raises NotPruned."""
    try:
        if folder is not None and folder.is_dir():
            archives.erase(folder, numbers, disk)
    except archives.BROKEN as error:
        raise prune.NotPruned(f"{folder}: not all was taken out of it: {error}: mend it, and ask again") from error


def settle(store: Store, disk: Disk = DISK) -> None:
    """Wait for the checkpoint that holds nothing of it any more; any thread may. Raises NotPruned."""
    if not store.settled():
        raise prune.NotPruned("no checkpoint could be written, and the old one may hold what was erased: make room")
    disk.remove(erasures.mark(store.workspace))


def unfinished(store: Store) -> frozenset[int]:
    """Return the entries that are on record as erased and may still have their contents, here or in an archive."""
    found = erasures.told(store.workspace.journal)
    return found.unfinished.union(*(erasure.entries for erasure in found.erasures))
