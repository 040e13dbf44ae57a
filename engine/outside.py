"""Takes in what others change under the engine: the STOP file, the settings and the operator's files."""

import logging
from collections.abc import Callable
from pathlib import Path

from engine.desk.desk import Desk
from engine.facts import rules_of
from engine.hall import Hall
from engine.rounds.check import check
from engine.safety import kill_switch
from engine.safety.privacy.ward import obey
from engine.signals.watch import EVERYTHING, FileWatch
from state.model import command as c
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.reason import ENGINE, Reason
from state.settings import Settings, SettingsError, load

log = logging.getLogger("midwatch.outside")

FILES = ("GOALS.md", "TASK_QUEUE.md", "BUILD_QUEUE.md", "HEARTBEAT.md")
"""The operator's files at the top of the workspace, besides the settings."""
MEMORY = "memory"
BY_FILE = "operator:file"
"""The actor of what somebody did with an editor."""


class Outside:
    """On the engine's loop only. `set_info` changes what viewers are told of the engine."""

    def __init__(
        self, hall: Hall, desk: Desk, set_info: Callable[..., None], apply: Callable[[Settings], None]
    ) -> None:
        self._hall = hall
        self._desk = desk
        self._set_info = set_info
        self._apply = apply
        workspace = hall.workspace
        self._root = workspace.root
        named = frozenset((workspace.settings.name, *FILES))
        self._signals = workspace.escalations
        self.signalled: Callable[[], None] = lambda: None
        """Called when something has changed in the folder of signals."""
        folders = {self._root: named, self._root / MEMORY: EVERYTHING, self._signals: EVERYTHING}
        self._watch = FileWatch(folders, self._changed)

    async def run(self) -> None:
        """Listen until cancelled."""
        await self._watch.run()

    def heed_stop_file(self) -> None:
        """Bring the record in line with a STOP file that somebody made without asking the engine, and with its uses."""
        workspace = self._hall.workspace
        if not kill_switch.engaged(workspace):
            return
        self._set_info(stop_file=True)
        if not self._hall.store.control.stopped:
            note = kill_switch.notes(workspace)
            by, why = (note.by, note.why) if note else (kill_switch.BY_FILE, "")
            self._desk.handle(c.Request(actor=by, command=c.KillAll(why=why)))
            self._hall.wake()
        known = self._hall.store.kill_uses
        fresh = tuple(use for use in kill_switch.uses(workspace) if known.get(use.id) != use)
        if fresh:
            self._desk.handle(c.Request(actor=ENGINE, command=c.RecordUses(uses=fresh)))
            self._hall.wake()

    def _changed(self, paths: frozenset[Path]) -> None:
        settings = self._hall.workspace.settings
        if settings in paths:
            self._reload(settings)
        signals = {path for path in paths if self._signals in (path, path.parent)}
        if signals:
            self.signalled()
        names = sorted(str(path.relative_to(self._root)) for path in paths - signals if path != settings)
        if names:
            self._note("file_changed", f"changed: {', '.join(names)}", BY_FILE)
            self._set_info(noticed=(f"{self._hall.clock.now().astimezone():%H:%M} {', '.join(names)}",))

    def _reload(self, path: Path) -> None:
        """Take the settings as they are now; a bad edit keeps the old ones and says so."""
        try:
            settings = load(path)
            check(settings, path, self._hall.store.schedules)
            obey(self._hall.workspace, settings)
        except SettingsError as error:
            if str(error) != self._hall.settings_trouble:
                self._hall.settings_trouble = str(error)
                self._set_info(settings=str(error))
                self._note("settings_refused", str(error), BY_FILE, self._question(f"the old settings hold: {error}"))
            return
        mended = bool(self._hall.settings_trouble)
        if settings == self._hall.settings and not mended:
            return
        self._hall.settings_trouble = ""
        answered = self._desk.common.questions.answer("", "mended", self._hall.clock.now()) if mended else ()
        self._hall.settings = settings
        self._desk.common.rules = rules_of(settings)
        self._apply(settings)
        self._set_info(settings="", slots=settings.queue.slots)
        self._hall.ledger.waiting.judge_again(self._hall.store.tasks.values())
        self._note("settings_loaded", f"{path.name} was saved", BY_FILE, *answered)

    def _question(self, text: str) -> Escalation:
        now = self._hall.clock.now()
        return self._desk.common.questions.ask(EscalationKind.SYSTEM_HEALTH, None, text, now, urgency=Urgency.HIGH)

    def _note(self, action: str, why: str, actor: str = ENGINE, *records: Escalation) -> None:
        self._hall.store.stage(records, Reason(actor=actor, action=action, why=why))
        self._hall.wake()
