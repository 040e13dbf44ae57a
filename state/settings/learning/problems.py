"""What the settings say of problems: from when on something is one."""

from state import units
from state.model.record import Noun
from state.settings.forms import Key

_DAY_S = 86_400.0


class ProblemSettings(Noun, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[problems]`: sizes in bytes, times in seconds."""

    free_bytes: int = 2 << 30
    full_within_s: float = 3 * _DAY_S
    memory_bytes: int = 256 << 20
    failures: int = 3
    stale_s: float = 7 * _DAY_S
    waiting_s: float = _DAY_S
    backlog_s: float = 7 * _DAY_S
    expiring_s: float = 14 * _DAY_S
    certificates: tuple[str, ...] = ()
    """Absolute paths of PEM files."""
    large_bytes: int = 1 << 30
    leftovers_bytes: int = 100 << 20
    keep_builds_s: float = 14 * _DAY_S


PROBLEMS = (
    Key("free", "free_bytes", units.SIZE, "Less free room on a disk; on a small one, less than a tenth of it."),
    Key("full_within", "full_within_s", units.LASTING, "A disk that is full so soon, if it goes on as it did."),
    Key("memory", "memory_bytes", units.SIZE, "Less memory that is left."),
    Key("failures", "failures", units.count(2), "So many failures of a task, or of tasks, with the same words."),
    Key("stale", "stale_s", units.LASTING, "A task that waits in the queue, or is held, for longer."),
    Key("waiting", "waiting_s", units.LASTING, "A task that waits for you for longer."),
    Key("backlog", "backlog_s", units.LASTING, "Tasks that do not start by themselves so soon."),
    Key("expiring", "expiring_s", units.LASTING, "A certificate or a secret that is good only for so long."),
    Key("certificates", "certificates", units.PATHS, "Certificates to look at (PEM); they are only read."),
    Key("large", "large_bytes", units.SIZE, "A log, or a folder of the engine's own, that is larger."),
    Key("leftovers", "leftovers_bytes", units.SIZE, "More than this that is kept elsewhere as well, of old builds."),
    Key("keep_builds", "keep_builds_s", units.DURATION, "How long files stay of a build whose result your branch has."),
)
