"""Takes the oldest segments out of the journal so that the rest can still be proven."""

import hashlib
import logging
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from state import segments
from state.disk import DISK, Disk
from state.errors import MidwatchError
from state.files import Workspace
from state.journal import JournalDamaged
from state.keeping import anchors, archives
from state.keeping.anchors import Cut
from state.keeping.walk import Place, Walk
from state.line import Seal
from state.model.reason import Reason
from state.model.record import Noun
from state.store import Store

_log = logging.getLogger(__name__)


class NotPruned(MidwatchError):
    """The old entries stay; its text says why."""


class Plan(Noun, frozen=True, kw_only=True):
    """What is to be taken out of a journal."""

    names: tuple[str, ...]
    """Whole segments, the oldest first."""
    bytes: int
    first: int
    """The first entry in them."""
    last: Seal
    """The last one."""
    segment: str
    """The first segment that stays."""
    digest: str
    """Over the digests of these segments and of all that went before them."""

    @property
    def words(self) -> str:
        """What goes, for the operator."""
        if not self.names:
            return "nothing"
        days = f"{_day(self.names[0])}" + (f" to {_day(self.names[-1])}" if len(self.names) > 1 else "")
        return f"entries {self.first:,} to {self.last.seq:,} of {days}"


def _day(name: str) -> str:
    return name.removesuffix(segments.SUFFIX)


def plan(folder: Path, before: date) -> Plan | None:
    """Return what a journal holds of days before `before`; None when that is nothing, or not a whole segment.

    What is being written to always stays. Reads the old segments and proves them; raises JournalDamaged when they are
    not as they were written, for then they are evidence.
    """
    names = segments.names(folder)
    if not _older(names, before):
        return None  # without looking for an anchor in all of the journal
    anchor = anchors.latest(folder)
    names = [name for name in names if anchor is None or name >= anchor.cut.segment]
    old = _older(names, before)
    if not old:
        return None
    walk, digest, size = Walk(folder, {}, anchor=anchor), anchor.cut.digest if anchor else "", 0
    for name in old:
        sha = hashlib.sha256()
        for number, raw in enumerate(segments.lines(folder / name), 1):
            walk.take(Place(name, number), raw, last_file=False)
            sha.update(raw)
            size += len(raw)
        digest = hashlib.sha256(f"{digest}{name}{sha.hexdigest()}".encode()).hexdigest()
    found = walk.audit(in_flight=False)
    if not found.ok:
        raise JournalDamaged(folder, found.damage)
    last = Seal(found.first + found.entries - 1, found.head)
    return Plan(names=tuple(old), bytes=size, first=found.first, last=last, segment=names[len(old)], digest=digest)


def _older(names: list[str], before: date) -> list[str]:
    return [name for name in names[:-1] if _day(name) < before.isoformat()]


def renewal(folder: Path) -> Plan | None:
    """Return a plan that takes nothing out and writes the base of a pruned journal anew; None where nothing was pruned.

    For when what the base holds has to change, or it was lost.
    """
    anchor = anchors.latest(folder)
    if anchor is None:
        return None
    cut = anchor.cut
    return Plan(names=(), bytes=0, first=cut.first, last=cut.start, segment=cut.segment, digest=cut.digest)


class Pruning:
    """One pruning: `keep`, commit `reason`, `begin`, `remove`, in this order; a crash between two harms nothing.

    Old entries are removed only once three things are durable: a base with everything as of now, the anchor in the
    journal that names the base and the hash of the last old entry, and a checkpoint that does without them.
    """

    def __init__(
        self, workspace: Workspace, store: Store, found: Plan, actor: str, archive: Path | None, disk: Disk = DISK
    ) -> None:
        """On the thread of the store's owner, with nothing staged."""
        self._folder = workspace.journal
        self._store = store
        self._plan = found
        self._actor = actor
        self._archive = archive
        self._disk = disk
        self._base = anchors.base_name(store.number)
        self._pieces = store.base(found.last, found.segment)
        self._sha = hashlib.sha256()

    def keep(self) -> None:
        """Set the old segments aside where that is asked for, and write the base. Any thread. Raises NotPruned."""
        try:
            if self._archive is not None:
                for name in self._plan.names:
                    archives.keep(self._archive, self._folder / name, self._disk)
            self._disk.replace_with(self._folder / self._base, self._hashed(), 0o600)
        except OSError as error:
            raise _not_pruned(error) from error

    def _hashed(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self._sha.update(piece)
            yield piece

    @property
    def reason(self) -> Reason:
        """Why the anchor is made; to be committed once all is kept."""
        found = self._plan
        cut = Cut(
            first=found.last.seq + 1,
            after=found.last.hash,
            segment=found.segment,
            digest=found.digest,
            base=self._base,
            base_sha256=self._sha.hexdigest(),
        )
        archived = f"; they are kept in {self._archive}" if self._archive else ""
        why = f"{found.words} were pruned; the chain holds from entry {cut.first:,}{archived}"
        if not found.names:
            why = f"what stands in place of the entries before {cut.first:,} is written anew"
        return anchors.reason(self._actor, why, cut)

    def begin(self) -> None:
        """Let the store do without the old segments, once the anchor is durable. On the owner's thread."""
        self._store.begin_after(self._plan.last, self._plan.segment)

    def remove(self) -> None:
        """Wait for the checkpoint, then remove what is not needed any more. Any thread. Raises NotPruned."""
        if not self._store.settled():
            raise NotPruned("no checkpoint could be written: the old files stay until the next pruning: make room")
        try:
            for name in segments.names(self._folder):
                if name < self._plan.segment:
                    self._disk.remove(self._folder / name)
            for name in anchors.bases(self._folder):
                if name != self._base:
                    self._disk.remove(self._folder / name)
            self._disk.sync_folder(self._folder)
        except OSError as error:
            raise _not_pruned(error) from error


def prune(
    workspace: Workspace, store: Store, found: Plan, actor: str, archive: Path | None = None, disk: Disk = DISK
) -> str:
    """Do all of it at once, where no engine runs; returns what was done. Raises NotPruned and StoreFailed."""
    store.flush()
    pruning = Pruning(workspace, store, found, actor, archive, disk)
    pruning.keep()
    reason = pruning.reason
    store.commit([], reason)
    pruning.begin()
    pruning.remove()
    return reason.why


def _not_pruned(error: OSError) -> NotPruned:
    place = f"{error.filename}: " if error.filename else ""
    cause = error.strerror or error
    return NotPruned(f"not all was pruned: {place}{cause}: make room or mend its rights, then try again")
