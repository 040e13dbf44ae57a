"""The figures of one build."""

from datetime import timedelta

import pytest

from engine.policy.bands.figures import OUTPUT
from engine.telemetry.measures import ended_at, is_sample, of_running, of_sample, ran_s
from state.model import build as b
from state.model.progress import Progress
from tests.making import NOON, a_build

WELL = b.Check(result=b.Result.YES, at=NOON + timedelta(seconds=100))


def ended(state: b.BuildState | None = None, **fields: object) -> b.Build:
    """A build that ran for a hundred seconds."""
    return a_build("tidy-1", state or b.Checking(candidate=""), started_at=NOON, **{"executed": WELL, **fields})


@pytest.mark.parametrize(
    ("build", "counts"),
    [
        (ended(), True),
        (ended(b.Finished(ending="failed", text="verify failed", at=NOON)), True),
        (ended(b.Ended(exit_code=0)), False),
        (ended(b.Finished(ending="killed", text="", at=NOON), executed=b.Check()), False),
        (ended(b.Finished(ending="failed", text="", at=NOON), executed=b.Check(result=b.Result.NO)), False),
        (a_build("tidy-1", b.Running(token="t", pid=1, start_ticks=1, boot="")), False),
    ],
)
def test_what_ended_well_is_a_sample(build: b.Build, counts: bool) -> None:
    """A build counts once its command ended well and its result is known, whatever becomes of that."""
    assert is_sample(build) is counts


def test_time_that_it_was_frozen_is_none_of_its_own() -> None:
    """A hold is taken off the run time, and nothing lasts less than nothing."""
    assert ran_s(ended(held_s=30.0), NOON + timedelta(seconds=100)) == 70.0
    assert ran_s(ended(held_s=300.0), NOON + timedelta(seconds=100)) == 0.0
    assert ran_s(a_build(), NOON) == 0.0
    assert ended_at(ended()) == WELL.at


def test_the_figures_of_a_sample() -> None:
    """What was measured is told; what was not is left out rather than taken for nothing."""
    told = of_sample(ended(output_bytes=1000, memory_bytes=5, calls=3, spent=7, files_changed=2, cpu_s=1.5))
    assert told == {
        "run_s": 100.0,
        "output_bps": 10.0,
        "files": 2.0,
        "cpu_s": 1.5,
        "calls": 3.0,
        "spent": 7.0,
        "memory_bytes": 5.0,
    }
    assert of_sample(ended()).keys() == {"run_s", "files", "cpu_s"}


def test_a_running_build_may_say_all_at_its_beginning() -> None:
    """Output is spread over the time that such builds usually take, and later over what this one has taken."""
    progress = Progress(build="tidy-1", output_bytes=6000)

    def output(lasted_s: float, usually_s: float) -> float:
        return next(each.value for each in of_running(progress, lasted_s, usually_s) if each.figure is OUTPUT)

    assert output(1.0, 600.0) == 10.0
    assert output(1200.0, 600.0) == 5.0
    assert output(1.0, 0.0) == 100.0
