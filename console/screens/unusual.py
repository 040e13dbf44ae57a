"""An anomaly's picture: the value among those of the builds before it."""

from engine.policy.bands.figures import FIGURES
from state.model.anomaly import Anomaly
from state.model.view import View
from widgets.plots.scatter import WIDTH, Lines, legend, scatter


def picture(anomaly: Anomaly, width: int = WIDTH) -> list[str]:
    """Return the picture's lines, at most `width` cells wide; none where no band is known."""
    band, figure = anomaly.band, FIGURES.get(anomaly.figure)
    if band is None or figure is None:
        return []
    lines = Lines(low=band.low or None, centre=band.centre, high=band.high)
    drawn = scatter(band.history, anomaly.value, lines, figure.show, start=figure.start, width=width)
    told = legend(band.n, low=band.low > 0)
    return [f"{figure.words}, on a logarithmic scale", *drawn, *(told.split("   ") if len(told) > width else [told])]


def asked_about(view: View, build: str, text: str) -> Anomaly | None:
    """Return the latest anomaly of a build that a question tells of; None when there is none."""
    found = [anomaly for anomaly in view.anomalies.values() if anomaly.build == build and anomaly.text in text]
    return max(found, key=lambda anomaly: anomaly.created_at, default=None)
