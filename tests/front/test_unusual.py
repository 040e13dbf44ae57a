"""A build that is unlike those before it, as the operator meets it on the command line."""

import pytest

from engine.clock import SystemClock
from state.store import Store
from tests.engine.builds.test_comparison import COMMAND, MUCH, past
from tests.engine.engines import SETUP
from tests.front.midwatch import Space, until


@pytest.mark.slow
def test_the_operator_is_asked_sees_the_picture_and_answers(space: Space) -> None:
    """An engine is killed while the build is held: the next one still holds it, and the answer lets it go."""
    with Store.open(space.paths, SystemClock()) as store:
        store.commit(past(), SETUP)
    engine = space.begin()
    space.add_many({"much": COMMAND.format(MUCH), "usual": "head -c 2000 /dev/zero"})
    until(lambda: space.view() and space.json("anomalies"), "an anomaly")
    space.wait("usual", "done")
    assert [found["label"] for found in space.json("anomalies")] == ["much"]
    engine.kill()
    with space.engine():
        [asked] = space.escalations("much")
        assert asked["kind"] == "anomaly"
        assert "3 sigma band up to 60" in asked["text"]
        shown = space.ok("anomalies", "much")
        assert "much-1 is held" in shown
        assert "◆" in shown and " builds before" in shown
        space.go("much-1")
        assert space.json("anomalies", "much")["build_state"] == "held"
        space.ok("approve", "much")
        space.wait("much", "done")
    assert [found["build_state"] for found in space.json("anomalies")] == ["done"]
    assert space.build("much-1").memory_bytes
    rows = space.json("telemetry")
    assert any(row["figure"] == "output_bps" and row["n"] == 14 for row in rows)
