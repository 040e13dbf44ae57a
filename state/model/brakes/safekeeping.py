"""Restore points: what one holds, how one was rehearsed, and what is known of all of them."""

from datetime import datetime
from enum import StrEnum

from state.model.record import Noun


class Kind(StrEnum):
    """Why a snapshot was made, which decides how long it is kept."""

    ROUTINE = "routine"
    """One of the regular ones: the older they are, the fewer of them are kept."""
    HAND = "hand"
    """Somebody asked for it."""
    RESTORE = "restore"
    """What a restore was about to replace."""


class Snapshot(Noun, frozen=True, kw_only=True):
    """One restore point."""

    id: str
    """The moment that it stands for, such as `20260304-120000`, in UTC."""
    at: datetime
    by: str
    kind: Kind
    why: str = ""
    seq: int = 0
    """The last entry of the journal in it; 0 when its end could not be told."""
    head: str = ""
    """The hash of that entry."""
    files: int
    bytes: int
    """What all its files come to."""
    added: int
    """Bytes that it added on disk, for what no snapshot before it held."""
    troubles: tuple[str, ...] = ()
    """What could not be taken in, or changed while it was, in words."""
    erased_at: datetime | None = None
    """When somebody's words were taken out of it last; it is no more what it was made as."""


class Rehearsal(Noun, frozen=True, kw_only=True):
    """A restore into a scratch folder, compared with what the snapshot says."""

    snapshot: str
    at: datetime
    ok: bool
    took_s: float
    files: int
    bytes: int
    troubles: tuple[str, ...] = ()
    """Each difference, in words."""


class Safekeeping(Noun, frozen=True, kw_only=True):
    """The latest snapshot, rehearsal and restore; one record."""

    snapshot: Snapshot | None = None
    rehearsal: Rehearsal | None = None
    restored: str = ""
    """The mark of the last restore whose state is on record: only its files may still be put in place."""

    @property
    def key(self) -> str:
        """The record's key in its table."""
        return "safekeeping"
