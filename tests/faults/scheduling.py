"""An engine with one schedule that is due, in a process that ends for good at a certain call to the disk."""

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from state.disk import Disk
from state.model.when.schedule import Misfire, Schedule
from state.settings import Settings
from tests.engine.engines import House, nudge, until
from tests.faults.crashing import StoppingDisk
from tests.making import NOON

SLOT = NOON + timedelta(hours=1)
COMMAND = ("sh", "-c", 'echo ran >> "$2/ran"', "sh")
GONE = 77
"""The exit code of the process that ended in the middle."""


class ExitingDisk(StoppingDisk):
    """The process is gone at a certain call, with everything that it had in mind."""

    def _count(self) -> None:
        if self.made == self._left:
            os._exit(GONE)
        self.made += 1


def house(root: Path, disk: Disk, now: datetime) -> House:
    """The workspace, at a certain time."""
    found = House(root, disk=disk)
    found.clock.set(now)
    found.command = COMMAND
    schedule = Schedule(name="hourly", cron="0 * * * *", run="status", misfire=Misfire.ALL)
    found.settings = Settings(schedules={"hourly": schedule})
    return found


async def play(found: House) -> None:
    """Let an engine do what is due and leave."""
    async with found.live() as engine:
        await nudge(engine)
        await until(lambda: found.store.schedules["hourly"].running is None, "its run to be over")


def main() -> None:
    """Play the moment of the slot, or only as far as a number of calls."""
    disk = ExitingDisk(int(sys.argv[2]))
    asyncio.run(play(house(Path(sys.argv[1]), disk, SLOT)))
    print(disk.made)


if __name__ == "__main__":
    main()
