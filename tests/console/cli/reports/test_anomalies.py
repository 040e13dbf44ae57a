"""Tests of console.cli.reports.anomalies."""

from datetime import timedelta

from tests.console.cli.reports.unusual import done, seed, strange
from tests.making import NOON


def test_what_was_unusual_is_listed_and_drawn(midwatch):
    """The latest stands first; one of them, or the latest of a task, is shown with its picture; the same in JSON."""
    later = strange("a2", figure="quiet_s", value=99.5, band=None, created_at=NOON + timedelta(hours=1))
    seed(midwatch, *done(0), strange("a1"), later)
    lines = midwatch.ok("anomalies").splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "a2", "a1"]
    assert "99.5" in lines[1]
    assert "1 h" in lines[2] and "done" in lines[2]
    rows = midwatch.json("anomalies")
    assert [row["id"] for row in rows] == ["a2", "a1"]
    assert rows[0]["band"] is None
    assert (rows[1]["band"]["n"], rows[1]["band"]["high"], rows[1]["build_state"]) == (3, 600.0, "done")
    shown = midwatch.ok("anomalies", "a1")
    assert "run time 1 h; usual 50 s to 70 s" in shown
    assert "1 h ┤" in shown and "◆" in shown
    assert midwatch.json("anomalies", "t0")["id"] == "a2"
    assert "◆" not in midwatch.ok("anomalies", "t0")


def test_nothing_unusual_is_said_so(midwatch):
    """An empty list is told in words; what is not there is refused with what to do."""
    assert midwatch.ok("anomalies") == "nothing was unusual: `midwatch telemetry` tells what is usual\n"
    assert midwatch.json("anomalies") == []
    code, text = midwatch.fails("anomalies", "a9")
    assert code == 1
    assert "there is no anomaly 'a9'" in text
