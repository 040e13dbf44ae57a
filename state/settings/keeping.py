"""What the settings say of restore points."""

from state.model.record import Noun


class SnapshotSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[snapshots]`: how many of the regular ones are kept, and what they hold besides the workspace's own files."""

    hourly: int = 48
    """The last one of each of so many hours; likewise of days and months."""
    daily: int = 30
    monthly: int = 12
    asked_s: float = 30 * 86_400.0
    """How long one stays that somebody asked for, or that was made before a restore."""
    folders: tuple[str, ...] = ()
    """Absolute paths."""
