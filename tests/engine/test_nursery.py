"""The owner of asyncio tasks: no failure stays silent."""

import asyncio

from engine.nursery import Nursery


def test_a_failure_is_reported_under_the_name_of_its_task() -> None:
    """A task that raises is reported once, by name, with its exception."""
    told: list[tuple[str, str]] = []

    async def scene() -> None:
        nursery = Nursery(lambda name, error: told.append((name, str(error))))

        async def breaks() -> None:
            raise ValueError("no such thing")

        await asyncio.wait({nursery.start(breaks(), "build a-1")})
        await asyncio.sleep(0)

    asyncio.run(scene())
    assert told == [("build a-1", "no such thing")]


def test_closing_ends_what_runs_without_a_report() -> None:
    """Closing cancels tasks and waits for them; being cancelled is no failure."""
    told: list[str] = []

    async def scene() -> bool:
        nursery = Nursery(lambda name, _error: told.append(name))
        task = nursery.start(asyncio.Event().wait(), "for ever")
        await asyncio.sleep(0)
        await nursery.close()
        return task.cancelled()

    assert asyncio.run(scene())
    assert told == []
