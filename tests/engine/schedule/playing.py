"""Simulations for tests: a week of the operator's, and the plan that is played in it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from engine.facts import gather, rules_of
from engine.policy.facts import Facts
from engine.rounds.recurring import again
from engine.schedule.almanac import Almanac
from engine.schedule.played import Bout, Played
from engine.schedule.simulate import Parts, Scenario, play
from state.model.build import Build
from state.model.task import Task
from state.model.view import EngineInfo, View
from state.settings import QueueSettings, Settings, TimeSettings
from state.settings.windows import BUILT_IN

CHICAGO = ZoneInfo("America/Chicago")


def local(text: str) -> datetime:
    """A time by the clocks of Chicago, such as `2026-03-02 22:00`, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO).astimezone(UTC)


def settings_of(*, slots: int = 2, windows: bool = True, **more: Any) -> Settings:
    """Settings of an operator in Chicago, with the built-in windows."""
    return Settings(
        queue=QueueSettings(slots=slots),
        time=TimeSettings(zone="America/Chicago"),
        windows=dict(BUILT_IN) if windows else {},
        **more,
    )


def played(
    tasks: list[Task],
    start: datetime,
    hours: float = 24,
    *,
    settings: Settings | None = None,
    builds: list[Build] | None = None,
    almanac: Almanac | None = None,
    view: dict[str, Any] | None = None,
    **scenario: Any,
) -> Played:
    """Play these tasks."""
    settings = settings or settings_of()
    almanac = almanac or Almanac(settings)

    def facts(view: View, occupying: tuple[Build, ...]) -> Facts:
        return gather(view, settings, view.at, occupying, almanac.spans(view.at))

    records: dict[str, Any] = {
        "engine": EngineInfo(sandbox=""),
        "tasks": {task.label: task for task in tasks},
        "builds": {build.id: build for build in builds or []},
        **(view or {}),
    }
    end = start + timedelta(hours=hours)
    parts = Parts(settings, rules_of(settings), almanac, facts, lambda task, now: again(task, settings, now))
    return play(View(at=start, **records), parts, Scenario(end=end, **scenario))


def starts(result: Played) -> list[tuple[str, str, str]]:
    """What starts: label, local time, window."""
    return [(bout.label, f"{bout.at.astimezone(CHICAGO):%a %H:%M}", bout.window) for bout in result.starts]


def bout(result: Played, label: str) -> Bout:
    """The only start of a task."""
    (found,) = (bout for bout in result.starts if bout.label == label)
    return found
