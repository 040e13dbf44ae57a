"""Keeps the engine in the mode that the settings ask for, and ends a time of observing when it was to end."""

from datetime import datetime, timedelta

import msgspec

from engine.desk.desk import Desk
from engine.hall import Hall
from engine.policy import observing
from engine.policy.times import say
from state.model.control import Control
from state.model.mode import Mode
from state.model.reason import ENGINE, POSSIBLE, Reason

SETTINGS = "the settings"
"""Who wants a mode that midwatch.toml names."""
LONGER = timedelta(days=1)
"""By how much observing is prolonged that was to end while no engine observed."""


class ModeKeeper:
    """On the engine's loop only."""

    def __init__(self, hall: Hall, desk: Desk) -> None:
        self._hall = hall
        self._desk = desk
        self._looked = False

    def look(self) -> None:
        """Bring the record in line with the settings and the moment; to be done before anything is decided."""
        control, asked = self._hall.store.control, self._hall.settings.engine.mode
        if asked is not None and asked is not control.asked_mode:
            self._obey(msgspec.structs.replace(control, asked_mode=asked), asked)
        self._keep_time(self._hall.clock.now())
        self._looked = True

    def next_change(self) -> datetime | None:
        """The next moment at which something else would start, or it goes live."""
        return observing.next_change(self._hall.store.control, self._hall.clock.now())

    def _obey(self, control: Control, asked: Mode) -> None:
        """Take a word of the settings that is new; an older one never overrules what the operator said after it."""
        why = f"midwatch.toml names the mode {asked}"
        if control.mode is asked:
            self._hall.store.stage([control], Reason(actor=ENGINE, action="mode_kept", why=why))
        elif asked is Mode.OBSERVE:
            self._desk.modes.observe(control, SETTINGS, why, self._hall.settings.engine.live_after_s)
        else:
            self._desk.modes.go_live(control, SETTINGS, why)

    def _keep_time(self, now: datetime) -> None:
        control = self._hall.store.control
        observation = control.observation
        if observation is None or observation.live_at is None or now < observation.live_at:
            return
        if self._looked:
            self._desk.modes.go_live(
                control, ENGINE, f"it has observed since {say(observation.since)}, as long as it was to"
            )
            return
        later = msgspec.structs.replace(observation, live_at=now + LONGER)
        why = f"it was to go live at {say(observation.live_at)}, and no engine observed then: it goes on for a day"
        changed = msgspec.structs.replace(control, observation=later)
        action = "observe_prolonged"
        self._hall.store.stage([changed], Reason(actor=ENGINE, action=action, why=why, options=POSSIBLE[action]))
