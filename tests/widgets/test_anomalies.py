"""The pane of anomalies puts the latest first."""

from datetime import timedelta

from textual.pilot import Pilot

from state.model.anomaly import Anomaly
from tests.making import NOON
from tests.widgets.stage import Stage, lines_of, play
from widgets.anomalies import AnomaliesPane


def strange(key: str, minutes: int) -> Anomaly:
    return Anomaly(
        id=key,
        label=f"task-{key}",
        build=f"task-{key}-1",
        figure="output_bytes",
        value=9.0,
        limit=1.0,
        text="prints more than ever",
        created_at=NOON + timedelta(minutes=minutes),
    )


def test_latest_first_in_words() -> None:
    """The latest stands first and says what was measured, of what, and when."""
    pane = AnomaliesPane()

    async def scene(stage: Stage, pilot: Pilot[None]) -> None:
        pane.update_rows({row.key: row for row in (strange("a", 0), strange("b", 5))})
        assert pane.keys == ["b", "a"]
        await pilot.pause()
        line = lines_of(pane)[0]
        assert (NOON + timedelta(minutes=5)).astimezone().strftime("%H:%M") in line
        assert "▲ output" in line
        assert "task-b" in line

    play(pane, scene, (80, 12))
