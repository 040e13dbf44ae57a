"""The only place that names concrete parts: it puts an engine together."""

from engine.clock import Clock, SystemClock
from engine.desk import Desk
from engine.engine import Engine
from engine.questions import Questions
from engine.safety import kill_switch
from engine.work import sandbox
from state.files import Workspace
from state.model.view import EngineInfo, View
from state.settings import Settings, load
from state.store import Store


def open_engine(workspace: Workspace, mode: str, clock: Clock | None = None) -> Engine:
    """Return an engine that owns the workspace; its `run` does the work.

    Raises WorkspaceBusy when another one owns it, SettingsError and JournalDamaged with what to do.
    """
    clock = clock or SystemClock()
    settings = load(workspace.settings)
    store = Store.open(workspace, clock)
    return Engine(workspace, store, settings, clock, sandbox.probe(), mode)


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
            sandbox=sandbox.probe().trouble,
        ),
        control=store.control,
        tasks=store.tasks,
        builds=store.builds,
        escalations=store.escalations,
        anomalies=store.anomalies,
    )


