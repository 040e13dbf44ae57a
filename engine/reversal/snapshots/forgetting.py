"""Takes a person's words out of restore points, which go on being provable and restorable."""

import os
import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from engine.reversal.snapshots import earlier
from engine.reversal.snapshots.objects import PIECE, Objects, Writer
from engine.reversal.snapshots.tree import FILE, Entry, encode
from engine.reversal.snapshots.vault import JOURNAL, Manifest, Vault
from engine.safety.privacy import erasing
from engine.safety.privacy.places import OVERLAP, Place
from engine.safety.privacy.subject import Subject
from state import checkpoint, replay, segments
from state import line as lines
from state.checkpoint import Digests
from state.files import Workspace
from state.keeping import anchors
from state.records import TABLES
from state.text import clean

_SCRATCH = "forgetting"
_Spans = tuple[tuple[int, int], ...]


class Search:
    """Looks through the files of restore points, each state of a file once."""

    def __init__(self, objects: Objects, subject: Subject) -> None:
        self._objects = objects
        self._subject = subject
        self._known: dict[tuple[str, ...], _Spans] = {}

    def spans(self, pieces: tuple[str, ...]) -> _Spans:
        """Return where in a file of these pieces the subject stands; raises ObjectDamaged."""
        if pieces not in self._known:
            self._known[pieces] = tuple(sorted(self._look(pieces).items()))
        return self._known[pieces]

    def _look(self, pieces: tuple[str, ...]) -> dict[int, int]:
        found: dict[int, int] = {}
        before, at = b"", 0
        for name in pieces:
            piece = self._objects.read(name)
            start = at - len(before)
            found |= {start + first: start + last for first, last in self._subject.spans(before + piece)}
            before, at = (before + piece)[-OVERLAP:], at + len(piece)
        return found


def holding(vault: Vault, subject: Subject) -> tuple[Place, ...]:
    """Return the files in restore points that hold a subject; raises ObjectDamaged where one cannot be read."""
    search = Search(vault.objects, subject)
    return tuple(
        Place(path=f"restore point {manifest.snapshot.id}: {name}", times=times)
        for manifest in vault.manifests()
        for name, times in _held(vault, search, manifest)
    )


def _held(vault: Vault, search: Search, manifest: Manifest) -> Iterator[tuple[str, int]]:
    for entry in vault.entries(manifest):
        if entry.kind == FILE and (times := len(search.spans(entry.pieces))):
            folder = Path(manifest.roots[entry.root])
            yield clean(str(folder / os.fsdecode(entry.name))), times
    if manifest.image and (times := len(search.spans(manifest.image))):
        yield "the state as of its end", times


def forget(vault: Vault, subject: Subject, now: datetime) -> tuple[int, int]:
    """Write every restore point anew that holds a subject; return how many files in how many. Under the lock.

    Each is replaced in one step once all of it is on the disk. What is cut short is done by the next call, and `sweep`
    then removes the pieces that none needs any more. Raises ObjectDamaged, NotKept and OSError.
    """
    files = points = 0
    search = Search(vault.objects, subject)
    for manifest in vault.manifests():
        held = sum(1 for _ in _held(vault, search, manifest))
        if held:
            _Forgetting(vault, subject, search, manifest).carry_out(now)
            files, points = files + held, points + 1
    return files, points


class _Forgetting:
    """One restore point without a subject."""

    def __init__(self, vault: Vault, subject: Subject, search: Search, manifest: Manifest) -> None:
        self._vault = vault
        self._subject = subject
        self._search = search
        self._manifest = manifest

    def carry_out(self, now: datetime) -> None:
        before = self._vault.entries(self._manifest)
        writer = self._vault.objects.writer()
        try:
            after = tuple(self._cleaned(before, writer))
            writer.close()
        finally:
            writer.close(durable=False)
        image = self._image(before, after)
        writer = self._vault.objects.writer()
        try:
            tree, state = _put(writer, encode(after)), _put(writer, image)
            writer.close()
        finally:
            writer.close(durable=False)
        files = [entry for entry in after if entry.kind == FILE]
        snapshot = msgspec.structs.replace(
            self._manifest.snapshot, files=len(files), bytes=sum(entry.size for entry in files), erased_at=now
        )
        self._vault.write_down(msgspec.structs.replace(self._manifest, snapshot=snapshot, tree=tree, image=state))

    def _cleaned(self, entries: Iterable[Entry], writer: Writer) -> Iterator[Entry]:
        for entry in entries:
            spans = self._search.spans(entry.pieces) if entry.kind == FILE else ()
            if not spans:
                yield entry
            elif entry.root == JOURNAL and entry.name.endswith(segments.SUFFIX.encode()):
                pieces, size = self._without_bodies(entry, writer)
                yield msgspec.structs.replace(entry, pieces=pieces, size=size, stamp=())
            elif entry.root == JOURNAL and os.fsdecode(entry.name).startswith(anchors.BASE):
                continue  # an anchor tells its digest, so it cannot be changed; the image stands in its place
            else:
                # Without its stamp: the file itself may go on holding what was taken out here.
                yield msgspec.structs.replace(entry, pieces=self._blotted(entry, spans, writer), stamp=())

    def _without_bodies(self, entry: Entry, writer: Writer) -> tuple[tuple[str, ...], int]:
        whole = b"".join(self._vault.objects.read(name) for name in entry.pieces)
        kept = b"".join(
            lines.without_body(raw) if erasing.holds(raw, self._subject) else raw
            for raw in whole.splitlines(keepends=True)
        )
        return _put(writer, kept), len(kept)

    def _blotted(self, entry: Entry, spans: _Spans, writer: Writer) -> tuple[str, ...]:
        names, at = list[str](), 0
        for name in entry.pieces:
            piece = bytearray(self._vault.objects.read(name))
            inside = [(max(first - at, 0), min(last - at, len(piece))) for first, last in spans]
            inside = [(first, last) for first, last in inside if first < last]
            for first, last in inside:
                piece[first:last] = b"*" * (last - first)
            names.append(writer.put(bytes(piece)) if inside else name)
            at += len(piece)
        return tuple(names)

    def _image(self, before: tuple[Entry, ...], after: tuple[Entry, ...]) -> bytes:
        """Return the state as of its end, cleaned: the journal that is left cannot tell all of it any more.

        Empty where its journal was damaged when it was made, and tells of no state.
        """
        if not self._manifest.snapshot.seq:
            return b""
        scratch = self._vault.workspace.hidden / _SCRATCH
        shutil.rmtree(scratch, ignore_errors=True)
        was, now = Workspace(scratch / "was"), Workspace(scratch / "now")
        try:
            earlier.lay(self._vault.objects, before, was, self._manifest.image)
            earlier.lay(self._vault.objects, after, now)
            tables: replay.Tables = {name: {} for name in TABLES}
            past = replay.load(was, tables, Digests(was.journal))
            rows = {
                name: [erasing.without(row, self._subject) for row in table.values()] for name, table in tables.items()
            }
            sizes = {name: (now.journal / name).stat().st_size for name in segments.names(now.journal)}
            return b"".join(checkpoint.chunks(rows, past.start, past.end, sizes, Digests(now.journal)))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _put(writer: Writer, data: bytes) -> tuple[str, ...]:
    return tuple(writer.put(data[at : at + PIECE]) for at in range(0, len(data), PIECE))
