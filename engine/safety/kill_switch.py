"""The kill switch: forbids every start and ends every build, with or without an engine."""

from engine.clock import Clock, SystemClock
from engine.safety.kill import KillReport, kill_until_none
from engine.safety.stop_file import BY_FILE, Stop, StopLine, append, engaged, notes, record_deaths
from state.errors import MidwatchError
from state.files import Workspace

__all__ = ["BY_FILE", "Stop", "SwitchFailed", "died", "engage", "engaged", "notes", "release"]


class SwitchFailed(MidwatchError):
    """The kill switch could not be brought into the position that was asked for."""


def engage(workspace: Workspace, by: str, why: str, clock: Clock | None = None) -> tuple[KillReport, ...]:
    """Forbid every start, then end every build, again until none is found; returns what died.

    Needs no engine. Raises SwitchFailed when the file cannot be made, but only once all builds are dead.
    """
    clock = clock or SystemClock()
    trouble = append(workspace, StopLine(at=clock.now(), by=by, why=why))
    reports = kill_until_none(workspace)
    if not engaged(workspace):
        raise SwitchFailed(
            f"{len(reports)} builds were killed, but {workspace.stop} could not be made ({trouble}), so the engine may "
            "start others: end it, or make that file by hand"
        )
    record_deaths(workspace, reports, clock)
    return reports


def release(workspace: Workspace) -> None:
    """Let builds start again. SwitchFailed when the file cannot be removed."""
    try:
        workspace.stop.unlink(missing_ok=True)
    except OSError as error:
        raise SwitchFailed(f"{workspace.stop} cannot be removed ({error}): remove it by hand") from error


def died(reports: tuple[KillReport, ...]) -> str:
    """What the kill switch did, in words."""
    survivors = [pid for report in reports for pid in report.survivors]
    took = max((report.ms for report in reports), default=0.0)
    count = f"{len(reports)} build{'s' if len(reports) != 1 else ''}"
    words = f"the kill switch is engaged: {count} dead in {took:.0f} ms; nothing starts until `midwatch arm`"
    return f"{words}; THESE PROCESSES SURVIVED: {survivors}" if survivors else words
