"""A workspace whose builds have a past, for the verbs that tell of it."""

from datetime import timedelta
from typing import Any

from engine.clock import SystemClock
from state.model import build as b
from state.model import task as t
from state.model.anomaly import Anomaly, Band
from state.model.reason import Reason
from state.store import Store
from tests.making import NOON, a_build, a_task

BAND = Band(low=0.0, high=600.0, centre=60.0, sigma=3.0, kind="bug fix", history=(50.0, 60.0, 70.0))


def seed(midwatch: Any, *records: Any) -> None:
    """Write down what an engine before left."""
    with Store.open(midwatch.workspace, SystemClock()) as store:
        store.commit(records, Reason(actor="test", action="set_up", why="the scene of a test"))


def done(number: int) -> list[Any]:
    """A task with a build that ran for a minute and a little."""
    at = NOON + timedelta(hours=number)
    ended = at + timedelta(seconds=60 + number)
    build = a_build(
        f"t{number}-1",
        b.Finished(ending="done", text="", at=ended),
        started_at=at,
        executed=b.Check(result=b.Result.YES, at=ended),
        output_bytes=2048,
        files_changed=2,
    )
    return [a_task(f"t{number}", t.Done(build=build.id, note="", at=ended), command="make"), build]


def strange(key: str, **fields: Any) -> Anomaly:
    """Something that was unusual of the first of them."""
    told = {"label": "t0", "build": "t0-1", "figure": "run_s", "value": 3600.0, "limit": 600.0, "band": BAND}
    more = {"text": "run time 1 h; usual 50 s to 70 s", "created_at": NOON}
    return Anomaly(id=key, **{**told, **more, **fields})
