"""An anomaly as a picture."""

from rich.cells import cell_len

from console.screens.unusual import asked_about, picture
from state.model.anomaly import Anomaly, Band
from state.model.view import View
from tests.making import NOON

BAND = Band(low=0.0, high=600.0, centre=60.0, sigma=3.0, kind="bug fix", history=(50.0, 60.0, 70.0))


def strange(**fields: object) -> Anomaly:
    told = {"id": "a1", "label": "tidy", "build": "tidy-1", "figure": "run_s", "value": 3600.0, "limit": 600.0}
    more = {"text": "run time 1 h", "created_at": NOON, "band": BAND}
    return Anomaly(**{**told, **more, **fields})


def test_the_value_is_drawn_in_its_own_unit() -> None:
    """Labels are words, and the signs are explained; a narrow picture has its legend on several lines."""
    wide, narrow = picture(strange()), picture(strange(), 48)
    assert wide[0] == "run time, on a logarithmic scale"
    assert wide[1].startswith("   1 h ┤")
    assert wide[-1] == "• 3 builds before   ◆ this one   ┄ upper edge of the band   ─ median"
    assert narrow[-4:] == ["• 3 builds before", "◆ this one", "┄ upper edge of the band", "─ median"]
    assert all(cell_len(line) <= 48 for line in narrow)


def test_without_a_band_there_is_no_picture() -> None:
    """A cap, or a figure that has no band, is told in words alone."""
    assert picture(strange(band=None)) == []
    assert picture(strange(figure="quiet_s")) == []


def test_a_question_leads_to_what_it_tells_of() -> None:
    """The latest of that build whose words stand in the question."""
    view = View(at=NOON, anomalies={"a1": strange(), "a2": strange(id="a2", text="output 3 MiB/min")})
    found = asked_about(view, "tidy-1", "tidy-1 is frozen: run time 1 h; say yes")
    assert found is not None
    assert found.id == "a1"
    assert asked_about(view, "tidy-2", "run time 1 h") is None
