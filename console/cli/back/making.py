"""How a snapshot is made, and put on record."""

from typing import TYPE_CHECKING, NamedTuple

from console.cli.back.going_back import kept_by
from console.cli.base import Hand, ask
from state.errors import MidwatchError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from state.model.brakes.safekeeping import Kind, Snapshot
    from state.model.command import Command


class Made(NamedTuple):
    """A snapshot, the ids of those that made room for it, and why it is not on record where it is not."""

    snapshot: "Snapshot"
    gone: "Sequence[str]"
    unrecorded: "Sequence[str]"


def make(hand: Hand, kind: "Kind", why: str) -> Made:
    """Make a snapshot now, whatever runs meanwhile; blocks on the disk. Raises MidwatchError."""
    from engine.clock import SystemClock
    from engine.reversal.snapshots.vault import Vault
    from state.model.command import RecordSnapshot

    vault = Vault(hand.workspace())
    rule, folders, notes = kept_by(hand, vault)
    now = SystemClock().now()
    with vault.locked():
        made = vault.create(now, hand.actor, kind, why, folders, notes).snapshot
        gone = vault.expire(now, rule) if rule else []
    return Made(made, gone, record(hand, RecordSnapshot(snapshot=made)))


def record(hand: Hand, command: "Command") -> "Sequence[str]":
    """Put what was done on record; it was done also where that cannot be written down, which is then told."""
    try:
        with hand.control() as control:
            ask(control, command)
    except MidwatchError as error:
        return (f"not on record: {error}",)
    return ()
