"""The only place that names concrete parts: it puts an engine together."""

from typing import TYPE_CHECKING

from engine.clock import Clock, SystemClock
from engine.desk import Desk
from engine.questions import Questions
from engine.safety import kill_switch
from engine.work import trial
from state.files import Workspace
from state.model.view import EngineInfo, View
from state.settings import Settings, load
from state.store import Store

if TYPE_CHECKING:
    from engine.engine import Engine


def open_engine(workspace: Workspace, mode: str, clock: Clock | None = None) -> "Engine":
    """Return an engine that owns the workspace; its `run` does the work.

    Raises WorkspaceBusy when another one owns it, SettingsError and JournalDamaged with what to do.
    """
    from engine.engine import Engine  # a verb that only asks the store need not wait for all of it

    clock = clock or SystemClock()
    settings = load(workspace.settings)
    store = Store.open(workspace, clock)
    return Engine(workspace, store, settings, clock, trial.probe(), mode)


def open_desk(workspace: Workspace, clock: Clock | None = None) -> Desk:
    """Return a desk over the store itself, for when no engine runs. Same errors as `open_engine`."""
    clock = clock or SystemClock()
    settings = load(workspace.settings)
    store = Store.open(workspace, clock)
    return Desk(store, settings, clock, Questions(store))


def still_view(workspace: Workspace, store: Store, settings: Settings | None = None) -> View:
    """Return what a store holds while no engine runs."""
    settings = settings or load(workspace.settings)
    return View(
        number=store.number,
        at=SystemClock().now(),
        engine=EngineInfo(
            slots=settings.queue.slots,
            stop_file=kill_switch.engaged(workspace),
            sandbox=trial.probe().trouble,
        ),
        control=store.control,
        tasks=store.tasks,
        builds=store.builds,
        escalations=store.escalations,
        anomalies=store.anomalies,
    )
