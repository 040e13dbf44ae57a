"""Says whether the engine of a workspace is well, without taking part in its work."""

import time

from console.client import SocketControl
from console.wire import EngineGone, WireError
from engine.safety import crash
from state.files import Lock, Workspace
from state.model.record import Noun
from state.model.view import View

_AGAIN_S = 0.02


class Check(Noun, frozen=True, kw_only=True):
    """One question and its answer."""

    name: str
    ok: bool
    text: str


class Health(Noun, frozen=True, kw_only=True):
    """All of the answers."""

    healthy: bool
    ms: float
    """How long the engine took to answer, in milliseconds; how long it was waited for where it did not."""
    checks: tuple[Check, ...]


def examine(workspace: Workspace, timeout_s: float) -> Health:
    """Ask the engine's own loop, at most `timeout_s`; takes no lock and starts nothing."""
    began = time.monotonic()
    view: View | None = None
    trouble = ""
    try:
        view = _view(workspace, timeout_s)
    except (FileNotFoundError, ConnectionRefusedError):
        trouble = _absent(workspace)
    except TimeoutError:
        trouble = "the engine takes no calls: it hangs, is stopped or has too much to do"
    except (WireError, OSError) as error:
        trouble = f"the engine cannot be asked: {error}"
    ms = round((time.monotonic() - began) * 1000, 1)
    checks = _of(view, ms) if view is not None else (Check(name="engine", ok=False, text=trouble),)
    return Health(healthy=all(check.ok for check in checks), ms=ms, checks=checks)


def _view(workspace: Workspace, timeout_s: float) -> View:
    end = time.monotonic() + timeout_s
    while True:
        control = SocketControl(workspace, timeout_s)
        try:
            return control.view()
        except EngineGone:
            # One that was killed may still seem to listen for a moment; by the next call it is seen to be gone.
            if time.monotonic() >= end:
                raise
            time.sleep(_AGAIN_S)
        finally:
            control.close()


def _absent(workspace: Workspace) -> str:
    """Say why nobody listens."""
    owner = Lock(workspace).owner_pid()
    if owner:
        return f"process {owner} holds the workspace and takes no calls: it starts, ends, or is no engine"
    fallen = crash.found(workspace)
    if fallen is not None:
        return f"{fallen.text}; {workspace.logs}/engine.log has its last words"
    return "no engine runs: `midwatch engine` starts one, `midwatch service install` keeps one running"


def _of(view: View, ms: float) -> tuple[Check, ...]:
    info = view.engine
    stopped = view.control.stopped or info.stop_file
    held = "the kill switch is engaged: nothing starts until `midwatch arm`" if stopped else ""
    held = held or ("paused: nothing starts until `midwatch resume`" if view.control.paused else "")
    fault = view.control.fault if view.control.manual else None
    failed = f"{fault.text}: nothing is decided until `midwatch resume`" if fault else ""
    building = sum(build.occupies for build in view.builds.values())
    return (
        Check(name="engine", ok=True, text=f"process {info.pid}, {info.mode}, answered in {ms:.0f} ms"),
        Check(name="record", ok=not info.trouble, text=info.trouble or f"{view.number} entries"),
        Check(name="sandbox", ok=not info.sandbox, text=info.sandbox or "can be made"),
        Check(name="deciding", ok=not failed, text=failed or "works"),
        # The operator's own doing, and no illness.
        Check(name="builds", ok=True, text=held or f"{building} under way"),
    )
