"""How much of each limit a build has taken."""

import math
from datetime import timedelta

import msgspec

from state.model import build as b
from state.model.brakes.hold import Hold
from state.model.brakes.margin import bound, margins
from state.model.progress import Progress
from tests.making import NOON, a_build

RUNNING = b.Running(token="x", pid=1, start_ticks=1, boot="x")


def a_running(**limits: float) -> b.Build:
    build = a_build("tidy-1", RUNNING, started_at=NOON)
    return msgspec.structs.replace(build, limits=msgspec.structs.replace(build.limits, **limits))


def test_the_nearest_to_its_limit_comes_first() -> None:
    """Each figure with its limit, by how much of it is taken."""
    progress = Progress(build="tidy-1", files_changed=7, calls=10, memory_bytes=1 << 20)
    found = margins(a_running(files=10, calls=1000, time_s=100.0), progress, NOON + timedelta(seconds=60))
    assert [(margin.figure, margin.used, margin.limit) for margin in found[:2]] == [
        ("files", 7, 10),
        ("run_s", 60, 100),
    ]
    assert found[0].share == 0.7


def test_what_has_no_limit_is_not_told_and_what_was_allowed_counts() -> None:
    """A limit of 0 on files, calls or money is none; a yes of the operator moves the limit."""
    build = a_running(files=0, calls=10)
    assert math.isinf(bound(build, "files"))
    assert "files" not in [margin.figure for margin in margins(build, None, NOON)]
    assert bound(msgspec.structs.replace(build, allowed={"calls": 5.0}), "calls") == 15


def test_time_frozen_is_no_time_of_its_own() -> None:
    """What stands still does not use up its time."""
    hold = Hold(figure="files", used=11, limit=10, text="", since=NOON + timedelta(seconds=10))
    build = msgspec.structs.replace(a_running(time_s=100.0), hold=hold)
    (time,) = [m for m in margins(build, None, NOON + timedelta(seconds=70)) if m.figure == "run_s"]
    assert time.used == 10
