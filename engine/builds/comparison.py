"""Compares the figures of one build with those of the builds before it."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from engine.hall import Hall
from engine.policy.bands.band import judged, outside, within_reach
from engine.policy.bands.figures import (
    CALLS,
    CPU,
    DURATION,
    FAILURES,
    FIGURES,
    FILES,
    MEMORY,
    OUTPUT,
    RETRIES,
    SPENT,
    Figure,
)
from engine.telemetry.measures import Measured, of_running, of_sample
from state.model.anomaly import Anomaly, Band
from state.model.brakes.hold import Hold
from state.model.build import Build, Finished
from state.model.progress import Progress
from state.model.task import Spec
from state.settings import Settings


class _Unusual(NamedTuple):
    """The edge that a value is beyond, in words too, and the band where one is known."""

    edge: float
    text: str
    band: Band | None


class Comparison:
    """One build's bands and caps: says when it must be held, and writes down what was unusual of it."""

    def __init__(self, hall: Hall, build_id: str) -> None:
        self._hall = hall
        self._id = build_id
        self._bands: Mapping[str, Band] = {}
        self._made_for: Settings | None = None

    @property
    def _build(self) -> Build:
        return self._hall.build(self._id)

    @property
    def _spec(self) -> Spec:
        return self._hall.task(self._build.label).spec

    @property
    def _wanted(self) -> bool:
        """Whether its figures matter at all."""
        own = self._hall.settings.tasks.get(self._build.label)
        return self._hall.settings.anomalies.enabled and (own is None or own.anomalies)

    def broken(self, progress: Progress, lasted_s: float, now: datetime) -> Hold | None:
        """Return the hold for the first figure of a running build that is beyond its band; None when all are usual.

        Only ever beyond: what is low now may still grow.
        """
        if not self._wanted:
            return None
        usually = self._known().get(DURATION.name)
        for measured in of_running(progress, lasted_s, usually.centre if usually else 0.0):
            hold = self._beyond(measured, now)
            if hold is not None:
                return hold
        return None

    def late(self, lasted_s: float, now: datetime) -> Hold | None:
        """Return the hold for a build that runs for longer than is usual; None for another."""
        return self._beyond(Measured(DURATION, lasted_s), now)

    def rest_s(self, lasted_s: float) -> float:
        """Return in how many seconds of its own time a build will have run for too long; infinity for never."""
        if not self._wanted or _asked(self._build, DURATION):
            return math.inf
        found, cap = self._known().get(DURATION.name), self._cap(DURATION)
        return min(found.high if found else math.inf, cap or math.inf) - lasted_s

    def held(self, hold: Hold) -> None:
        """Write down what a build is being held for."""
        measured = Measured(FIGURES[hold.figure], hold.used)
        found = self._unusual(measured)
        if found is not None:
            self._note(measured, *found)

    def ended(self) -> None:
        """Write down what was unusual of a build whose command ended well; too little of something counts, too."""
        if not self._wanted:
            return
        for name, value in of_sample(self._build).items():
            self._compare(Measured(FIGURES[name], value))

    def finished(self) -> None:
        """Write down what is unusual of how often builds of its kind, or it itself, failed."""
        build, settings = self._build, self._hall.settings.anomalies
        if not self._wanted or not isinstance(build.state, Finished):
            return
        history = self._hall.ledger.history
        if build.state.ending == "done":
            self._compare(Measured(RETRIES, float(history.retries(build.id, self._spec))))
        found = history.fails(build.id, self._spec, sigma=settings.sigma, least=settings.min_samples)
        if found is not None:
            text = (
                f"{found.failed} of the last {found.of} builds failed, where {found.most:g} would be usual "
                f"(from {found.before} builds, {found.kind})"
            )
            self._note(Measured(FAILURES, float(found.failed)), found.most, text, None)

    def _compare(self, measured: Measured) -> None:
        told = self._hall.store.anomalies.values()
        if any((known.build, known.figure) == (self._id, measured.figure.name) for known in told):
            return
        found = self._unusual(measured)
        if found is not None:
            self._note(measured, *found)

    def _beyond(self, measured: Measured, now: datetime) -> Hold | None:
        figure, value = measured
        if not self._wanted or _asked(self._build, figure):
            return None
        found = self._unusual(measured)
        if found is None or value < found.edge:
            return None
        label = self._build.label
        text = (
            f"{self._id} is frozen: {found.text}; `midwatch anomalies {label}` shows the picture, "
            f"`midwatch approve {label}` lets it go on, `midwatch deny {label}` kills it"
        )
        return Hold(figure=figure.name, used=value, limit=found.edge, text=text, since=now, anomaly=True)

    def _unusual(self, measured: Measured) -> _Unusual | None:
        """Return which edge a value is beyond, that of a cap or else that of its band; None for neither."""
        figure, value = measured
        cap = self._cap(figure)
        if within_reach(value, figure) and not (cap and value > cap):
            return None
        band = self._known().get(figure.name)
        if cap and value > cap:
            text = f"{figure.words} {figure.show(value)}, over the cap of {figure.show(cap)} in [anomalies.caps]"
            return _Unusual(cap, text, band)
        if band is not None and outside(value, band):
            return _Unusual(band.high if value > band.high else band.low, judged(value, figure, band), band)
        return None

    def _known(self) -> Mapping[str, Band]:
        """The bands, made when they are first needed: what ends meanwhile must not move them."""
        settings = self._hall.settings
        if self._made_for is not settings:
            of = settings.anomalies
            self._bands = self._hall.ledger.history.bands(
                self._spec, sigma=of.sigma, least=of.min_samples, but=self._id
            )
            self._made_for = settings
        return self._bands

    def _cap(self, figure: Figure) -> float:
        """The figure's cap; 0 for none."""
        caps = self._hall.settings.caps
        return {
            DURATION.name: caps.duration_s,
            OUTPUT.name: caps.output_per_min / 60,
            FILES.name: float(caps.files),
            CALLS.name: float(caps.calls),
            SPENT.name: float(caps.spent),
            CPU.name: caps.cpu_s,
            MEMORY.name: float(caps.memory_bytes),
        }.get(figure.name, 0.0)

    def _note(self, measured: Measured, edge: float, text: str, band: Band | None) -> None:
        build = self._build
        anomaly = Anomaly(
            id=f"a{len(self._hall.store.anomalies) + 1}",
            label=build.label,
            build=build.id,
            figure=measured.figure.name,
            value=measured.value,
            limit=edge,
            text=text,
            created_at=self._hall.clock.now(),
            band=band,
        )
        self._hall.stage([anomaly], "anomaly_seen", text, build)


def _asked(build: Build, figure: Figure) -> bool:
    """Whether the operator let this very build go on although this figure was unusual."""
    return f"anomaly:{figure.name}" in build.allowed
