"""The kill switch: forbids every start and ends every build, with or without an engine."""

import secrets
import time

from engine.clock import SystemClock
from engine.safety.kill import KillReport, kill_until_none
from engine.safety.stop_file import BY_FILE, Stop, StopLine, append, engaged, notes, record_deaths, uses
from state.errors import MidwatchError
from state.files import Lock, Workspace
from state.model.brakes.kill_use import Means

__all__ = ["BY_FILE", "Stop", "SwitchFailed", "died", "engage", "engaged", "killed_by", "notes", "release", "uses"]


_SAID_S = 0.25
"""How long an engine may take to write down what it killed."""
_LOOK_S = 0.01


class SwitchFailed(MidwatchError):
    """The kill switch could not be brought into the position that was asked for."""


def engage(workspace: Workspace, by: str, why: str, *, means: Means = Means.LIBRARY) -> tuple[KillReport, ...]:
    """Forbid every start, then end every build, again until none is found; returns what died.

    Needs no engine, and leaves in the file who used it, by which means and how long it took. Raises SwitchFailed when
    the file cannot be made, but only once all builds are dead.
    """
    clock = SystemClock()
    began = time.monotonic()
    use = secrets.token_hex(8)
    trouble = append(workspace, StopLine(at=clock.now(), by=by, why=why, means=means, use=use))
    reports = kill_until_none(workspace)
    ms = (time.monotonic() - began) * 1000
    if not engaged(workspace):
        raise SwitchFailed(
            f"{len(reports)} builds were killed, but {workspace.stop} could not be made ({trouble}), so the engine may "
            "start others: end it, or make that file by hand"
        )
    record_deaths(workspace, reports, clock, ms, use)
    return reports


def killed_by(workspace: Workspace, reports: tuple[KillReport, ...]) -> tuple[KillReport, ...]:
    """Return all that died: `reports`, and what an engine killed that was quicker because it watches the file."""
    found = {report.build: report for report in reports}
    noted = notes(workspace)
    if not found and Lock(workspace).owner_pid():
        # An engine that is awake has killed by now, and is about to say so.
        until = time.monotonic() + _SAID_S
        while not (noted and noted.killed) and time.monotonic() < until:
            time.sleep(_LOOK_S)
            noted = notes(workspace)
    for report in noted.killed if noted else ():
        found.setdefault(report.build, report)
    return tuple(found.values())


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
