"""An engine whose schedules are all due in the same second, each running a program that does nothing."""

import asyncio
from datetime import UTC, datetime, timedelta

from engine.clock import SystemClock
from engine.engine import Engine
from engine.work import trial
from state.files import Workspace
from state.model.when.schedule import Schedule
from state.settings import Settings
from state.store import Store


def fire_all(workspace: Workspace, count: int, ahead_s: float, patience_s: float) -> tuple[datetime, list[datetime]]:
    """Return the slot and when each of the commands was recorded as started. Raises RuntimeError when some are not."""
    slot = (datetime.now(UTC) + timedelta(seconds=ahead_s)).replace(microsecond=0)
    cron = f"{slot.second} {slot.minute} {slot.hour} * * *"
    schedules = {
        f"s{number}": Schedule(name=f"s{number}", cron=cron, run="", zone="UTC", grace_s=patience_s)
        for number in range(count)
    }
    started: dict[str, datetime] = {}

    async def work() -> None:
        clock = SystemClock()
        store = Store.open(workspace, clock)
        engine = Engine(workspace, store, Settings(schedules=schedules), clock, trial.probe(), "headless", ("true",))
        done = asyncio.Event()

        def note(entry: object) -> None:
            reason, at = entry.reason, entry.at  # type: ignore[attr-defined]
            if reason.action == "schedule_started":
                started.setdefault(reason.why.partition(":")[0], at)
                if len(started) == count:
                    done.set()

        store.listeners.append(note)
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            try:
                async with asyncio.timeout(ahead_s + patience_s):
                    await done.wait()
            finally:
                engine.leave()

    asyncio.run(work())
    if len(started) < count:
        raise RuntimeError(f"only {len(started)} of {count} were started")
    return slot, list(started.values())
