"""The schedules' pane shows what is due next and what rests."""

from datetime import timedelta

from textual.pilot import Pilot

from state.model.when.schedule import Ran, Run, Schedule, ScheduleState
from tests.making import NOON
from tests.widgets.stage import HOSTILE, Stage, harmless, lines_of, play
from widgets.schedules import Scheduled, SchedulesPane, slot

RUN = Run(slot=NOON, by="engine", started_at=NOON, outcome=Ran.FAILED, exit_code=2)


def scheduled(name: str, hours: float = 1, *, enabled: bool = True, **changes: object) -> Scheduled:
    """A schedule that is due in some hours."""
    fields = {"next_slot": NOON + timedelta(hours=hours), "timing": "0 * * * *|UTC|first", **changes}
    schedule = Schedule(name=name, cron="0 * * * *", run="report nightly", enabled=enabled)
    return Scheduled(ScheduleState(name=name, **fields), schedule)


def test_due_first() -> None:
    """What is due next stands first, and what rests last."""
    pane = SchedulesPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        rows = [scheduled("rests", 1, paused=True), scheduled("later", 3), scheduled("soon", 2)]
        pane.update_rows({row.state.key: row for row in rows})
        assert pane.keys == ["soon", "later", "rests"]
        assert str(pane.border_title).strip() == "Schedules 3 · 1 paused"

    play(pane, scene, (80, 12))


def test_says_how_it_stands() -> None:
    """At 80 columns a row tells in words whether it is on, when it is due, how it ended and what it missed."""
    pane = SchedulesPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        rows = [
            scheduled("nightly", 2, last=RUN, missed_count=3),
            scheduled("rests", paused=True),
            scheduled("off", enabled=False),
            Scheduled(ScheduleState(name="zz-gone", timing="5 4 * * *|America/Chicago|first"), None),
        ]
        pane.update_rows({row.state.key: row for row in rows})
        await pilot.pause()
        said = "\n".join(" ".join(line.split()) for line in lines_of(pane))
        assert f"● on nightly 0 * * * * {slot(NOON + timedelta(hours=2))} ✗ failed 3 missed" in said
        assert "‖ paused rests 0 * * * * – never ran" in said
        assert "○ off off" in said
        assert "○ off zz-gone 5 4 * * *" in said

    play(pane, scene, (80, 12))


def test_foreign_text_is_harmless() -> None:
    """A name that would move the cursor only shows."""
    pane = SchedulesPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.update_rows({"x": scheduled(HOSTILE)})
        await pilot.pause()
        assert harmless("\n".join(lines_of(pane)))

    play(pane, scene, (80, 12))
