"""The only place that names concrete parts: it puts an engine together."""

import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from engine.around.bounds import still
from engine.clock import Clock, SystemClock
from engine.desk.desk import Desk
from engine.questions import Questions
from engine.rounds.check import check
from engine.safety import crash, kill_switch
from engine.safety.privacy.ward import obey, ward
from engine.schedule.almanac import Almanac
from engine.viewers import picture
from engine.work import trial
from state.errors import MidwatchError, WorkspaceBusy
from state.files import Workspace
from state.keeping import erasures
from state.keeping.exchange import pending
from state.model.escalation import EscalationKind, Urgency
from state.model.reason import ENGINE, Reason
from state.model.view import EngineInfo, View
from state.settings import Settings, SettingsError, load
from state.store import Store, StoreFailed

if TYPE_CHECKING:
    from engine.engine import Engine

log = logging.getLogger("midwatch.engine")

_LOCK_S = 1.0
"""How long an engine waits for a verb that holds the workspace for a moment."""
SETTINGS = "settings:start"
"""What the question about settings that keep the engine from starting is filed under."""
MIDWATCH = (sys.executable, "-P", "-m", "console.cli.main")
"""How a schedule's command line is run: by this very program, in a process of its own."""


def open_engine(workspace: Workspace, mode: str, clock: Clock | None = None) -> "Engine":
    """Return an engine that owns the workspace; its `run` does the work.

    Raises WorkspaceBusy when another one owns it, SettingsError and JournalDamaged with what to do.
    """
    clock = clock or SystemClock()
    _finish_restore(workspace, clock)
    try:
        settings = load(workspace.settings)
    except SettingsError as error:
        _ask_about_settings(workspace, clock, error)
        raise
    with ThreadPoolExecutor(1, "trial") as aside:
        # The trial takes as long as all the rest, and mostly waits.
        machine = aside.submit(trial.probe)
        from engine.engine import Engine  # a verb that only asks the store need not wait for all of it

        store = Store.open(workspace, clock, timeout_s=_LOCK_S, door=obey(workspace, settings))
        try:
            check(settings, workspace.settings, store.schedules)
        except BaseException:
            store.close()
            raise
        probed = machine.result()
        _finish_erasure(store, settings)
        _look_back(workspace, store, clock)
        _settings_are_read(store, clock)
        crash.begin(workspace, mode, clock.now())
        _begin(store, mode)
        return Engine(workspace, store, settings, clock, probed, mode, MIDWATCH)


def _begin(store: Store, mode: str) -> None:
    """Put on record, with the first change, that an engine is at work."""
    try:
        store.stage((), Reason(actor=ENGINE, action=crash.STARTED, why=f"{mode}, process {os.getpid()}"))
    except StoreFailed as error:
        log.error("its start is not recorded: %s", error)


def _look_back(workspace: Workspace, store: Store, clock: Clock) -> None:
    """Tell the operator and other programs of an engine that ended without saying so."""
    found = crash.found(workspace)
    if found is None:
        return
    now = clock.now()
    try:
        path = crash.leave_signal(workspace, found, now)
        told = f"{found.text}; its last words are in {path.relative_to(workspace.root)}"
    except OSError as error:
        told = f"{found.text}; its last words could not be kept: {error}"
    question = Questions(store).ask(crash.QUESTION, None, told, now, about=crash.SUBJECT)
    try:
        store.commit([question], Reason(actor=ENGINE, action=crash.KIND, why=told))
    except StoreFailed as error:
        log.error("%s; that is not recorded: %s", told, error)


def _ask_about_settings(workspace: Workspace, clock: Clock, error: SettingsError) -> None:
    """Tell the operator, once for each mistake, of an engine that does not start because of its settings."""
    told = f"no engine starts, so nothing does: {error}"
    try:
        with Store.open(workspace, clock, timeout_s=_LOCK_S, door=ward(workspace)) as store:
            questions = Questions(store)
            if any(question.text == told for question in questions.open_on(SETTINGS)):
                return
            kind = EscalationKind.SYSTEM_HEALTH
            question = questions.ask(kind, None, told, clock.now(), urgency=Urgency.URGENT, about=SETTINGS)
            store.commit([question], Reason(actor=ENGINE, action="settings_unreadable", why=told))
    except MidwatchError as busy:
        log.error("%s; that is not recorded: %s", told, busy)


def _finish_restore(workspace: Workspace, clock: Clock) -> None:
    """Put in place what a restore that is on record could not any more; the settings may be among it."""
    if not pending(workspace):
        return
    from engine.reversal.snapshots import vault, way_back  # hardly ever needed, and no verb waits for it

    try:
        way_back.finish_pending(vault.Vault(workspace), clock)
    except WorkspaceBusy:
        raise
    except MidwatchError as error:
        log.error("%s; the next start tries again", error)


def _settings_are_read(store: Store, clock: Clock) -> None:
    answered = Questions(store).answer(SETTINGS, "they can be read again", clock.now())
    if answered:
        store.commit(answered, Reason(actor=ENGINE, action="settings_readable", why="they can be read again"))


def _finish_erasure(store: Store, settings: Settings) -> None:
    """Go on with what a crash interrupted; a disk that does not let it is told of, and it stays to be done."""
    if not erasures.under_way(store.workspace):
        return
    from engine.around import erasure, keeping  # hardly ever needed, and no verb waits for it

    try:
        erasure.finish(store, keeping.archive_of(settings.audit))
    except MidwatchError as error:
        log.error("an erasure is not finished yet: %s", error)


def open_desk(workspace: Workspace, clock: Clock | None = None, settings: Settings | None = None) -> Desk:
    """Return a desk over the store itself, for when no engine runs. Same errors as `open_engine`.

    With `settings` it does not go by those of the workspace, whatever is wrong with them.
    """
    clock = clock or SystemClock()
    _finish_restore(workspace, clock)
    settings = settings or load(workspace.settings)
    store = Store.open(workspace, clock, door=obey(workspace, settings))
    _finish_erasure(store, settings)
    return Desk(store, settings, clock, Questions(store))


def still_view(workspace: Workspace, store: Store, settings: Settings | None = None) -> View:
    """Return what a store holds while no engine runs."""
    settings = settings or load(workspace.settings)
    now = SystemClock().now()
    almanac = Almanac(settings)
    if almanac.calendar.files:
        almanac.take(almanac.calendar.read(now))
    situation = almanac.situation(now, store.control)
    info = EngineInfo(
        slots=situation.slots,
        situation=situation,
        stop_file=kill_switch.engaged(workspace),
        sandbox=trial.probe().trouble,
        limits=still(store, settings, now),
    )
    return picture.live(store, now, info, {})
