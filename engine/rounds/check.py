"""Whether the cron expressions of the settings can be understood."""

from collections.abc import Mapping
from pathlib import Path

from engine.schedule.expression import CronError
from engine.schedule.timetable import cron_of
from state.model.when.schedule import ScheduleState
from state.settings import Settings, mistake


def check(settings: Settings, path: Path, states: Mapping[str, ScheduleState]) -> None:
    """Read every expression that is not known to be good by its schedule's record.

    Raises SettingsError, with the line in the file that they were read from, for the first that is refused.
    """
    for name, schedule in settings.schedules.items():
        known = states.get(name)
        if known is not None and known.timing == schedule.timing:
            continue
        try:
            cron_of(schedule)
        except CronError as error:
            raise mistake(path, ("schedules", name, "cron"), str(error)) from error
