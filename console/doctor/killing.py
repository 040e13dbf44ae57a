"""Kills builds that do not want to die, by every way there is."""

import asyncio
import http.client
import time

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import PATIENCE_S, Stand, spec
from console.http import token
from console.http.beside import Beside
from engine.safety import kill_switch
from engine.safety.kill import KillReport, kill_build
from state.model import command as c
from state.settings import HttpSettings

_UP = "UP"
_NASTY = (
    "trap '' TERM HUP INT; for i in 1 2 3 4 5; do setsid sh -c 'trap \"\" TERM HUP; sleep 300' & "
    "(sh -c 'sleep 300 &' &) ; done; echo ::progress 1 UP; while :; do sleep 300; done"
)
"""Ignores every polite signal, and starts processes that leave its session and lose their parent."""


async def _up(stand: Stand, label: str) -> str:
    build_id = await stand.start(label, _NASTY)
    await stand.until(lambda view: build_id in view.progress and view.progress[build_id].step == _UP)
    return build_id


def _dead(guard: str, reports: tuple[KillReport, ...], began: float, means: str) -> Proof:
    survivors = [pid for report in reports for pid in report.survivors]
    ms = (time.monotonic() - began) * 1000
    found = any(report.found for report in reports)
    told = f"{means}: all dead in {ms:.0f} ms" if found else f"{means}: nothing was found to kill"
    return seen(guard, found and not survivors, f"{told}; survivors {survivors}" if survivors else told)


async def one_build(stand: Stand) -> Proof:
    """A kill ends a build with all that it started."""
    build_id = await _up(stand, "nasty")
    reply = await stand.ask(c.Kill(label="nasty"))
    again = await asyncio.to_thread(kill_build, stand.workspace.build(build_id))
    return seen("kill: one build", reply.ok and not again.found, reply.text)


async def stop_file(stand: Stand) -> Proof:
    """A file that anybody can touch ends everything."""
    build_id = await _up(stand, "stopped")
    began = time.monotonic()
    stand.workspace.stop.touch()
    await stand.until(lambda view: view.builds[build_id].over)
    ms = (time.monotonic() - began) * 1000
    left = await asyncio.to_thread(kill_build, stand.workspace.build(build_id))
    await stand.ask(c.SpawnTask(spec=spec("after-stop")))
    started = "after-stop-1" in stand.view().builds
    await stand.ask(c.Deny(label="after-stop", digest=""))
    await stand.ask(c.Arm())
    told = f"all dead and written down in {ms:.0f} ms; {'something' if started else 'nothing'} started after it"
    return seen("kill switch: the STOP file", not (left.found or started), told)


async def over_http(stand: Stand) -> Proof:
    """The endpoint kills for whoever knows the token, and for nobody else."""
    build_id = await _up(stand, "called")
    endpoint = Beside(stand.workspace, HttpSettings())
    await asyncio.to_thread(endpoint.start)
    try:
        wrong = await asyncio.to_thread(_post, endpoint.port, "none")
        lives = not stand.view().builds[build_id].over and not kill_switch.engaged(stand.workspace)
        began = time.monotonic()
        right = await asyncio.to_thread(_post, endpoint.port, token.read_or_make(stand.workspace))
        ms = (time.monotonic() - began) * 1000
    finally:
        await asyncio.to_thread(endpoint.close)
    left = await asyncio.to_thread(kill_build, stand.workspace.build(build_id))
    await stand.until(lambda view: view.builds[build_id].over)
    await stand.ask(c.Arm())
    told = f"a wrong token was answered with {wrong}, the right one with {right} after {ms:.0f} ms"
    held = (wrong, lives, right, left.found) == (401, True, 200, False)
    return seen("kill switch: over HTTP", held, f"{told}; {'nothing' if not left.found else 'SOMETHING'} was left")


def _post(port: int, told: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request("POST", "/kill", headers={"Authorization": f"Bearer {told}"})
        return connection.getresponse().status
    finally:
        connection.close()


async def engine_hangs(stand: Stand) -> Proof:
    """The switch works while the engine's loop does not turn."""
    await _up(stand, "hung")
    began = time.monotonic()
    # On the loop's own thread: for as long as this takes, the engine can do nothing at all.
    reports = kill_switch.engage(stand.workspace, "doctor", "rehearsed while the engine hangs")
    # The engine's own watch on the file is a thread of its own, and may have been quicker.
    reports = kill_switch.killed_by(stand.workspace, reports)
    proof = _dead("kill switch: the engine hangs", reports, began, "with the loop blocked")
    await stand.until(lambda view: view.builds["hung-1"].over)
    await stand.ask(c.Arm())
    return proof


async def engine_is_gone(stand: Stand) -> Proof:
    """The switch works with no engine at all. The last trial: it ends the engine."""
    await _up(stand, "orphan")
    await stand.end_engine()
    began = time.monotonic()
    reports = await asyncio.to_thread(kill_switch.engage, stand.workspace, "doctor", "rehearsed without an engine")
    return _dead("kill switch: no engine", reports, began, "with no engine")


TRIALS: tuple[Trial, ...] = (one_build, stop_file, over_http, engine_hangs, engine_is_gone)
"""One after the other: the switch ends whatever else runs."""
