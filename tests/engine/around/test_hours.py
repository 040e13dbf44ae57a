"""The engine in line with the kind of time it is."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.around.hours import PRESENT
from engine.engine import Engine
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.escalation import EscalationKind
from state.model.when.context import Context, ContextRule
from state.settings import CalendarSettings, Settings
from state.settings.values import TimeSettings
from state.settings.windows import BUILT_IN
from state.zones import zone_of
from tests.engine.engines import House, Scene, ask, nudge, play, until
from tests.engine.schedule.test_calendar import event, write
from tests.making import a_spec

CHICAGO = zone_of("America/Chicago")
HOUR = 3600.0
SETTINGS = Settings(windows=BUILT_IN, time=TimeSettings(zone="America/Chicago"))


def at(hour: float) -> datetime:
    """An hour of Monday, 9 February 2026, in Chicago."""
    return datetime(2026, 2, 9, tzinfo=CHICAGO).astimezone(UTC) + timedelta(hours=hour)


def play_at(tmp_path: Path, hour: float, scene: Scene, settings: Settings = SETTINGS) -> House:
    """Play a scene beside an engine that comes up at an hour of that Monday."""
    house = House(tmp_path, settings=settings)
    house.clock.set(at(hour))
    play(house, scene)
    return house


def add(label: str = "tidy", **changes: Any) -> c.AddTasks:
    return c.AddTasks(specs=(a_spec(label, **changes),))


async def go(house: House, engine: Engine, hour: float) -> None:
    """Let it become another hour."""
    house.clock.set(at(hour))
    await nudge(engine)


def context(engine: Engine) -> tuple[str, int]:
    situation = engine.view().engine.situation
    assert situation is not None
    return situation.context.value, situation.slots


def reasons(house: House, action: str) -> list[str]:
    """Why something was done, each time."""
    text = "".join(path.read_text() for path in sorted(house.workspace.journal.glob("*.jsonl")))
    bodies = [msgspec.json.decode(line)["body"] for line in text.splitlines()]
    return [body["reason"]["why"] for body in bodies if body["reason"]["action"] == action]


def test_a_change_of_context_is_recorded_once_and_changes_the_slots(tmp_path: Path) -> None:
    """Viewers see the kind of time, and the journal says from what to what and why."""

    async def scene(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert context(engine) == ("working", 1)
        assert engine.view().engine.slots == 1
        await go(house, engine, 16.9)
        await go(house, engine, 18)
        assert context(engine) == ("away", 2)
        assert engine.view().control.context is Context.AWAY
        assert engine.view().engine.slots == 2

    house = play_at(tmp_path, 12, scene)
    assert reasons(house, "context_changed") == [
        "available -> working: the work window is open; builds at the same time: 1",
        "working -> away: no window is open; builds at the same time: 2",
    ]


def test_without_windows_nothing_is_recorded(tmp_path: Path) -> None:
    """A workspace that configures no window knows of one kind of time only."""

    async def scene(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert context(engine) == ("available", 2)
        await ask(engine, c.Present())
        await go(house, engine, 23)
        assert context(engine) == ("available", 2)

    assert reasons(play_at(tmp_path, 12, scene, Settings()), "context_changed") == []


def test_a_task_waits_for_its_window_and_then_starts(tmp_path: Path) -> None:
    """Asked to end when idle, the engine stays for what only waits for another time, and ends after it."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(hours=4))
        await ask(engine, add("urgent", priority=t.Priority.HIGH, hours=9))
        engine.go_headless()
        await house.task_is("done", "awaiting_review", label="urgent")
        await go(house, engine, 20)
        assert house.task().state_name == "queued"
        await go(house, engine, 23)
        await house.task_is("done", "awaiting_review")

    house = play_at(tmp_path, 12, scene)
    assert house.build().created_at == at(23)


def test_idle_is_what_no_other_time_would_start(tmp_path: Path) -> None:
    """A task that waits for the operator keeps no engine up, windows or not."""
    house = House(tmp_path, settings=SETTINGS)
    house.clock.set(at(12))

    async def run() -> None:
        engine = house.engine()
        ready = asyncio.Event()
        running = asyncio.create_task(engine.run(ready=ready.set))
        await ready.wait()
        await ask(engine, add(priority=t.Priority.LOW))
        engine.go_headless()
        await asyncio.wait_for(running, 30)

    asyncio.run(run())
    assert house.task().state_name == "awaiting_approval"


def test_a_build_ends_with_its_window_when_its_task_says_so(tmp_path: Path) -> None:
    """It is stopped at the close, counts as no failure, and starts anew in the next window."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(window=t.WindowUse.STOP, hours=12, command="sleep 600"))
        await ask(engine, add("other", command="sleep 600"))
        await house.build_is("running")
        await house.build_is("running", "other-1")
        await go(house, engine, 31)
        await house.build_is("finished")
        assert (house.task().state_name, house.task().failures) == ("queued", 0)
        assert isinstance(house.build("other-1").state, b.Running)
        state = house.build().state
        assert isinstance(state, b.Finished) and "the end of its window" in state.text
        await go(house, engine, 46)
        await house.build_is("running", "tidy-2")
        await ask(engine, c.Kill(label="tidy"))
        await house.task_is("killed")

    house = play_at(tmp_path, 29, scene)
    assert len(reasons(house, "window_closed")) == 1
    assert house.questions() == []


def test_the_operators_word_ends_by_itself(tmp_path: Path) -> None:
    """While it holds it decides on the slots; when its time is over that is on record and windows decide again."""

    async def scene(house: House, engine: Engine) -> None:
        assert (await ask(engine, c.SetContext(context=Context.GYM, until=at(19)))).ok
        assert context(engine) == ("gym", 3)
        await go(house, engine, 19)
        assert context(engine) == ("available", 2)
        assert engine.view().control.override is None

    settings = msgspec.structs.replace(SETTINGS, contexts={Context.GYM: ContextRule(slots=3)})
    house = play_at(tmp_path, 12, scene, settings)
    assert [why.partition(":")[0] for why in reasons(house, "context_changed")] == [
        "available -> working",
        "working -> gym",
        "gym -> available",
    ]


def test_who_touches_keys_is_available_for_a_while(tmp_path: Path) -> None:
    """Ten minutes after the last key the window decides again."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, c.Present())
        await nudge(engine)
        assert context(engine) == ("available", 2)
        house.clock.forward(PRESENT.total_seconds() - 1)
        await ask(engine, c.Present())
        house.clock.forward(PRESENT.total_seconds() - 1)
        await nudge(engine)
        assert context(engine) == ("available", 2)
        house.clock.forward(2)
        await nudge(engine)
        assert context(engine) == ("working", 1)

    play_at(tmp_path, 12, scene)


def with_calendar(tmp_path: Path) -> tuple[Path, Settings]:
    file = tmp_path / "work.ics"
    return file, Settings(calendar=CalendarSettings(files=(str(file),)), time=TimeSettings(zone="America/Chicago"))


def test_nothing_starts_during_a_meeting(tmp_path: Path) -> None:
    """Also not what is of high priority; it starts when the meeting is over, and what ran went on."""
    file, settings = with_calendar(tmp_path)
    write(file, event(":20260209T093000", ":20260209T100000", "SUMMARY:Standup"))

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add("long", command="sleep 600"))
        await house.build_is("running", "long-1")
        await go(house, engine, 9.5)
        assert context(engine) == ("meeting", 0)
        await ask(engine, add(priority=t.Priority.HIGH))
        await go(house, engine, 9.9)
        assert house.task().state_name == "queued"
        assert isinstance(house.build("long-1").state, b.Running)
        await go(house, engine, 10)
        await house.task_is("done")

    play_at(tmp_path, 9, scene, settings)


def test_a_calendar_that_cannot_be_read_stops_starts_and_asks(tmp_path: Path) -> None:
    """There could be a meeting; once the file is mended, without a restart, the question is closed and builds start."""
    file, settings = with_calendar(tmp_path)
    file.write_text("nonsense")

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add())
        assert house.questions() == [EscalationKind.SYSTEM_HEALTH]
        assert context(engine) == ("available", 0)
        assert house.task().state_name == "queued"
        write(file)
        await house.task_is("done")
        assert house.questions() == []
        file.write_text("nonsense again")
        await until(lambda: bool(house.questions()), "the question")
        assert context(engine) == ("available", 2)

    play_at(tmp_path, 12, scene, settings)


def test_saved_settings_bring_their_own_windows(tmp_path: Path) -> None:
    """What waited for a window starts at once where the new settings have none."""

    async def scene(house: House, engine: Engine) -> None:
        await ask(engine, add(hours=4))
        assert house.task().state_name == "queued"
        house.workspace.settings.write_text("[queue]\nslots = 5\n")
        await house.task_is("done")
        assert engine.view().engine.slots == 5

    play_at(tmp_path, 12, scene)


@pytest.mark.parametrize(("hour", "slots"), [(12, 1), (3, 2)])
def test_an_engine_that_comes_up_knows_the_time_at_once(tmp_path: Path, hour: float, slots: int) -> None:
    """Its first decision is made by the window that is open then."""

    async def scene(house: House, engine: Engine) -> None:
        await nudge(engine)
        assert context(engine)[1] == slots

    play_at(tmp_path, hour, scene)
