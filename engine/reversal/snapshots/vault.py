"""The snapshots of one workspace: made, listed, found and let go."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from engine.reversal.snapshots import history, retention, tree
from engine.reversal.snapshots.objects import PIECE, NotKept, ObjectDamaged, Objects
from engine.reversal.snapshots.scan import Prior, Scan
from engine.reversal.snapshots.tree import FILE, Entry
from state.disk import DISK, Disk
from state.errors import MidwatchError
from state.files import Workspace
from state.model.brakes.safekeeping import Kind, Snapshot
from state.model.record import Noun
from state.records import UNREADABLE
from state.settings import SnapshotSettings

FOLDERS = ("memory", "build-reports", "escalations")
"""The workspace's folders that a snapshot holds, besides its settings and the Markdown files beside them."""
WORKSPACE, JOURNAL = 0, 1
"""The roots that every snapshot has; the configured folders follow."""
_SUFFIX = ".json"
LATEST = "latest"


class NoSnapshot(MidwatchError):
    """There is none of that name, or it cannot be used."""


class SnapshotsBusy(MidwatchError):
    """Another process makes, restores or rehearses one."""

    code = 4


class Manifest(Noun, frozen=True, kw_only=True):
    """A snapshot with the way to its entries."""

    snapshot: Snapshot
    roots: tuple[str, ...]
    """Where its roots are: the first two within the workspace, the others absolute."""
    tree: tuple[str, ...]
    """The pieces of its list of entries."""
    image: tuple[str, ...] = ()
    """The pieces of the state as of its end, where what was erased from its journal would be missed."""


_manifest = msgspec.json.Decoder(Manifest)


class Vault:
    """The folder `.midwatch/snapshots`. Who changes it holds its lock."""

    def __init__(self, workspace: Workspace, disk: Disk = DISK) -> None:
        self.workspace = workspace
        self.folder = workspace.hidden / "snapshots"
        self.objects = Objects(self.folder / "objects", disk)
        self._disk = disk

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep others from changing anything here; raises SnapshotsBusy at once when somebody does, and NoSnapshot."""
        try:
            for folder in (self.workspace.hidden, self.folder):
                folder.mkdir(mode=0o700, exist_ok=True)
            fd = self._disk.open(self.folder / "lock", os.O_RDWR | os.O_CREAT)
        except OSError as error:
            raise NoSnapshot(f"{self.folder} cannot be used: {error}: mend its rights, and try again") from error
        try:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise SnapshotsBusy("another process is at work on the snapshots: wait until it is done") from None
            yield
        finally:
            os.close(fd)

    def manifests(self) -> list[Manifest]:
        """Return all of them, oldest first; one that cannot be read is left out."""
        if not self.folder.is_dir():
            return []
        found = []
        for path in self.folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError, *UNREADABLE):
                found.append(_manifest.decode(path.read_bytes()))
        return sorted(found, key=lambda manifest: (manifest.snapshot.at, manifest.snapshot.id))

    def find(self, name: str) -> Manifest:
        """Return the one of this id, of an id that begins so, or the `latest`; raises NoSnapshot."""
        known = self.manifests()
        found = [known[-1]] if name == LATEST and known else [m for m in known if m.snapshot.id == name]
        found = found or [manifest for manifest in known if manifest.snapshot.id.startswith(name)]
        if len(found) == 1:
            return found[0]
        if not known:
            raise NoSnapshot("there is no snapshot: `midwatch snapshot create` makes one")
        if found:
            raise NoSnapshot(f"{name!r} is the beginning of {len(found)} snapshots: say more of it")
        raise NoSnapshot(f"there is no snapshot {name!r}: `midwatch snapshot list` names them")

    def as_of(self, at: datetime) -> Manifest:
        """Return the latest that was made up to a moment; raises NoSnapshot."""
        found = [manifest for manifest in self.manifests() if manifest.snapshot.at <= at]
        if not found:
            raise NoSnapshot(f"there is no snapshot as old as {at:%Y-%m-%d %H:%M:%S} UTC")
        return found[-1]

    def with_entry(self, seq: int) -> Manifest:
        """Return the latest that ends with an entry or one before it; raises NoSnapshot."""
        found = [manifest for manifest in self.manifests() if 0 < manifest.snapshot.seq <= seq]
        if not found:
            raise NoSnapshot(f"there is no snapshot as old as entry {seq}")
        return found[-1]

    def entries(self, manifest: Manifest) -> tuple[Entry, ...]:
        """Return all that a snapshot holds; raises ObjectDamaged."""
        data = b"".join(self.objects.read(piece) for piece in manifest.tree)
        try:
            return tree.decode(data)
        except UNREADABLE as error:
            raise ObjectDamaged(f"the list of {manifest.snapshot.id} cannot be read: {error}") from error

    def create(
        self, now: datetime, by: str, kind: Kind, why: str, folders: Sequence[str], notes: Sequence[str] = ()
    ) -> Manifest:
        """Make a snapshot, durable when this returns. Under the lock. `notes` are troubles known before.

        Raises NoSnapshot when the disk does not take it; what is there of it then is removed with the next sweep.
        """
        self.objects.tidy()
        roots = (".", str(self.workspace.journal.relative_to(self.workspace.root)), *folders)
        writer = self.objects.writer()
        try:
            scan = Scan(writer, self._prior(roots), [self.workspace.hidden])
            scan.troubles += notes
            scan.folder(WORKSPACE, self.workspace.root, self._wanted)
            end = history.take(scan, JOURNAL, self.workspace.journal)
            for number, folder in enumerate(folders, JOURNAL + 1):
                scan.folder(number, Path(folder), lambda _: True)
            listed = tree.encode(scan.entries)
            pieces = tuple(writer.put(listed[at : at + PIECE]) for at in range(0, len(listed), PIECE))
            writer.close()
            files = [entry for entry in scan.entries if entry.kind == FILE]
            snapshot = Snapshot(
                id=self._fresh_id(now),
                at=now,
                by=by,
                kind=kind,
                why=why,
                seq=end.seq,
                head=end.hash if end.seq else "",
                files=len(files),
                bytes=sum(entry.size for entry in files),
                added=writer.added,
                troubles=tuple(scan.troubles),
            )
            manifest = Manifest(snapshot=snapshot, roots=roots, tree=pieces)
            self.write_down(manifest)
        except (OSError, NotKept) as error:
            raise NoSnapshot(f"no snapshot was made: {error}: make room, and try again") from error
        finally:
            writer.close(durable=False)
        return manifest

    def write_down(self, manifest: Manifest) -> None:
        """Write a snapshot down, in the place of one of its id if there is one. Under the lock; raises OSError."""
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._disk.replace_with(self._path(manifest.snapshot.id), (data,), 0o600)

    def _wanted(self, name: str) -> bool:
        return name == self.workspace.settings.name or name.endswith(".md") or name in FOLDERS

    def _prior(self, roots: Sequence[str]) -> Prior:
        """What the latest snapshot says of files that are in the same roots, as far as all of it is still there."""
        known = self.manifests()
        if not known:
            return {}
        number = {root: at for at, root in enumerate(roots)}
        moved: Mapping[int, int] = {at: number[root] for at, root in enumerate(known[-1].roots) if root in number}
        present = {name for name, _ in self.objects.names()}
        try:
            entries = self.entries(known[-1])
        except ObjectDamaged:
            return {}
        return {
            (moved[entry.root], entry.name): msgspec.structs.replace(entry, root=moved[entry.root])
            for entry in entries
            if entry.kind == FILE and entry.root in moved and present.issuperset(entry.pieces)
        }

    def _fresh_id(self, now: datetime) -> str:
        name = base = f"{now:%Y%m%d-%H%M%S}"
        count = 1
        while self._path(name).exists():
            count += 1
            name = f"{base}-{count}"
        return name

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}{_SUFFIX}"

    def expire(self, now: datetime, rule: SnapshotSettings) -> list[str]:
        """Let go of those that need not be kept any more; return their ids. Under the lock."""
        known = self.manifests()
        keep = retention.kept((manifest.snapshot for manifest in known), now, rule)
        gone = [manifest.snapshot.id for manifest in known if manifest.snapshot.id not in keep]
        if gone:
            self._remove(gone)
            with contextlib.suppress(ObjectDamaged):  # what it needs cannot be told, so everything stays
                self.sweep()
        return gone

    def forget(self, before: datetime) -> list[str]:
        """Let go of all that were made before a moment, whatever the rule says; return their ids. Under the lock.

        What was erased from the record at that moment is then in no snapshot any more, also where an earlier call was
        cut short. Raises ObjectDamaged when a later snapshot cannot tell which pieces it needs.
        """
        gone = [found.snapshot.id for found in self.manifests() if found.snapshot.at < before]
        self._remove(gone)
        self.sweep()
        return gone

    def _remove(self, names: list[str]) -> None:
        for name in names:
            self._disk.remove(self._path(name))
        if names:
            self._disk.sync_folder(self.folder)

    def sweep(self) -> None:
        """Remove the pieces that no snapshot holds any more. Under the lock; raises ObjectDamaged."""
        wanted: set[str] = set()
        seen: set[tuple[str, ...]] = set()
        for manifest in self.manifests():
            wanted.update((*manifest.tree, *manifest.image))
            if manifest.tree not in seen:
                seen.add(manifest.tree)
                wanted.update(piece for entry in self.entries(manifest) for piece in entry.pieces)
        self.objects.sweep(wanted)
