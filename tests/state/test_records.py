"""Which table each kind of record lives in."""

import math

import msgspec
import pytest

from state import records
from state.model.anomaly import Anomaly
from state.model.control import Control
from state.model.view import Record
from tests.making import NOON, a_build, a_task


def an_anomaly(value: float) -> Anomaly:
    return Anomaly(
        id="a-1", label="tidy", build="tidy-1", figure="run_s", value=value, limit=2.0, text="long", created_at=NOON
    )


@pytest.mark.parametrize(
    ("record", "table"),
    [(a_task(), "tasks"), (a_build(), "builds"), (an_anomaly(1.0), "anomalies"), (Control(paused=True), "control")],
)
def test_a_record_comes_back_from_its_table_as_it_went(record: Record, table: str) -> None:
    """Packing names the table, and what a reader gets is equal."""
    name, data, back = records.pack(record)
    assert (name, back) == (table, record)
    assert records.decode(name, data) == record
    assert records.decode(name, msgspec.Raw(data)) == record


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_could_not_be_read_back_is_refused(value: float) -> None:
    """JSON has no such numbers: written as null they would make the journal unreadable."""
    with pytest.raises(TypeError, match="of anomalies cannot be written"):
        records.pack(an_anomaly(value))
