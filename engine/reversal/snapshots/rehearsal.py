"""Proves that a snapshot can be restored, by restoring it where nobody looks."""

import shutil
import time
from datetime import datetime
from pathlib import Path

from engine.reversal.snapshots import earlier
from engine.reversal.snapshots.extract import differences, lay_out
from engine.reversal.snapshots.objects import ObjectDamaged
from engine.reversal.snapshots.vault import JOURNAL, WORKSPACE, Manifest, NoSnapshot, Vault
from state import journal, segments
from state.files import Workspace
from state.model.brakes.safekeeping import Rehearsal

_SPARE = 64 << 20
"""Bytes that stay free for everybody else."""


def tops(root: Path, manifest: Manifest) -> dict[int, Path]:
    """Return where each root of a snapshot goes when it is laid out in one folder, which is a workspace then."""
    places = {WORKSPACE: root, JOURNAL: Workspace(root).journal}
    for number in range(JOURNAL + 1, len(manifest.roots)):
        name = Path(manifest.roots[number]).name or "root"
        places[number] = root / "folders" / f"{number - JOURNAL}-{name}"
    return places


def lay_all(vault: Vault, manifest: Manifest, root: Path) -> dict[int, Path]:
    """Write all of a snapshot into a folder, which becomes a workspace as it was; returns where its roots are.

    Raises NoSnapshot and ObjectDamaged.
    """
    places = tops(root, manifest)
    free = shutil.disk_usage(next(path for path in (root, *root.parents) if path.is_dir())).free
    if free < manifest.snapshot.bytes + _SPARE:
        raise NoSnapshot(f"{root}: {manifest.snapshot.bytes:,} bytes are needed, and {free:,} are free: make room")
    try:
        Workspace(root).hidden.mkdir(mode=0o700, parents=True, exist_ok=True)
        lay_out(vault.objects, vault.entries(manifest), places)
        earlier.lay_image(vault.objects, manifest.image, Workspace(root))
    except OSError as error:
        raise NoSnapshot(f"{error.filename or root}: {error.strerror or error}: mend it and try again") from error
    return places


def rehearse(vault: Vault, manifest: Manifest, now: datetime) -> Rehearsal:
    """Restore a snapshot into a scratch folder, compare every file, and bring its store back. Under the lock."""
    began = time.monotonic()
    scratch = vault.workspace.hidden / "rehearsal"
    shutil.rmtree(scratch, ignore_errors=True)
    snapshot = manifest.snapshot
    try:
        places = lay_all(vault, manifest, scratch)
        troubles = differences(vault.entries(manifest), places)
        troubles += _record_troubles(Workspace(scratch), manifest)
    except (ObjectDamaged, NoSnapshot) as error:
        troubles = [str(error)]
    took_s = time.monotonic() - began
    shutil.rmtree(scratch, ignore_errors=True)
    return Rehearsal(
        snapshot=snapshot.id,
        at=now,
        ok=not troubles,
        took_s=took_s,
        files=snapshot.files,
        bytes=snapshot.bytes,
        troubles=tuple(troubles),
    )


def _record_troubles(was: Workspace, manifest: Manifest) -> list[str]:
    """Bring the store back, and prove the whole chain up to the entry that the snapshot says that it holds."""
    snapshot = manifest.snapshot
    if not snapshot.seq:
        return ["the record in it was damaged when it was made"] if segments.names(was.journal) else []
    audit = journal.verify(was.journal, checkpoint=None)
    # What a pruned journal stood on had to go with the words in it: the image stands there now.
    gone = audit.anchor.cut.base if audit.anchor is not None and manifest.image else None
    damage = [found for found in audit.damage if found.file != gone]
    if damage:
        return [f"its record: entry {found.seq}: {found.text}" for found in damage]
    if audit.head != snapshot.head:
        return [f"its record does not end with entry {snapshot.seq}"]
    earlier.tables(was)
    return []
