"""What Midwatch tells Prometheus: families of metrics from a view and the figures on the record."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from engine.reports.kpis import Kpis
from engine.reports.runs import ending, ran_s
from engine.reports.switch import passed
from state.model.brakes.kill_use import KillUse, last_drill, last_use
from state.model.brakes.safekeeping import Safekeeping
from state.model.build import Build
from state.model.counts.tokens import total
from state.model.counts.waits import ENDS_S, Waits
from state.model.learning.problem import Severity
from state.model.money import MICRO
from state.model.record import Noun
from state.model.view import View

if TYPE_CHECKING:
    from prometheus_client import Metric

_BUCKETS_S = (60, 300, 900, 1800, 3600, 7200, 14400, 28800)
"""Upper ends of the classes of how long a build ran, in seconds."""
_MS = 1000.0
_IN_SECONDS = {"shipped_hours_per_week": ("shipped_seconds_per_week", 3600.0)}
"""Figures that Prometheus wants in its own unit: the name there, and how much one is."""

Values = Iterable[tuple[tuple[str, ...], float]]
"""The values of a family, each behind the values of its labels."""


class Found(Noun, frozen=True, kw_only=True):
    """All that figures are made from; what could not be had is None."""

    view: View | None
    """None while an engine holds the workspace and does not answer."""
    stop_file: bool
    journal_bytes: int
    resident_bytes: int | None = None
    """Of the engine's process."""
    cpu_s: float | None = None
    kpis: Kpis | None = None


def families(found: Found) -> Iterator["Metric"]:
    """Yield every family; without a view only those that files tell of."""
    view = found.view
    running = view is not None and view.engine.mode != "stopped"
    yield _gauge("engine_up", "Whether an engine runs and answers.", running)
    yield _gauge("journal_bytes", "Size of the journal on disk.", found.journal_bytes)
    stopped = found.stop_file or (view is not None and view.control.stopped)
    yield _gauge("kill_switch_engaged", "Whether the kill switch is engaged.", stopped)
    if found.resident_bytes is not None:
        yield _gauge("engine_resident_memory_bytes", "Memory of the engine's process.", found.resident_bytes)
    if found.cpu_s is not None:
        yield _counter("engine_cpu_seconds", "Processor time of the engine's process.", found.cpu_s)
    if view is not None:
        yield from _engine(view)
        yield from _work(view)
        yield from _brakes(view)
        yield from _switch(tuple(view.kill_uses.values()))
        yield from _kept(view.safekeeping)
    if found.kpis is not None:
        yield from _kpis(found.kpis)


def _engine(view: View) -> Iterator["Metric"]:
    info, control = view.engine, view.control
    if info.started_at is not None:
        yield _gauge("engine_start_time_seconds", "When the engine started.", info.started_at.timestamp())
    yield _gauge("engine_troubled", "Whether the engine says that it cannot work as it should.", bool(info.trouble))
    yield _gauge("paused", "Whether nothing more starts until the operator resumes.", control.paused)
    yield _gauge("manual_mode", "Whether the engine decides nothing because deciding failed.", control.manual)
    yield _gauge("observing", "Whether decisions are only recorded.", control.observation is not None)
    yield _gauge("slots", "Builds that may run at the same time.", info.slots)
    used = sum(build.occupies for build in view.builds.values())
    yield _gauge("slots_used", "Builds that take a slot.", used)
    yield _counter("journal_entries", "Decisions on record.", view.number)
    if info.mode != "stopped":
        yield _waits(info.waits)


def _work(view: View) -> Iterator["Metric"]:
    builds = list(view.builds.values())
    under_way = Counter(build.state_name for build in builds if not build.over)
    yield _gauges("builds", "Builds that are not over, by state.", "state", under_way)
    yield _gauge("builds_held", "Builds that stand still and ask.", sum(build.hold is not None for build in builds))
    over = Counter((ending(build), _category(view, build)) for build in builds if build.over)
    yield _counters("builds_finished", "Builds that are over.", ("ending", "category"), over.items())
    yield _durations(view, builds)
    waiting = Counter(task.state_name for task in view.tasks.values())
    yield _gauges("tasks", "Tasks, by state.", "state", waiting)
    open_kinds = Counter(asked.type.value for asked in view.escalations.values() if asked.open)
    yield _gauges("escalations_open", "Questions that wait for the operator.", "kind", open_kinds)
    yield _counter("calls", "API calls of all builds.", sum(build.calls for build in builds))
    used = sum(total(build.tokens) for build in builds)
    yield _counter("tokens", "Tokens of language models that all builds used.", used)
    yield _counter("spent_dollars", "What all builds spent.", sum(build.spent for build in builds) / MICRO)
    yield _counter("files_changed", "Files that builds changed.", sum(build.files_changed for build in builds))
    yield _counter("build_cpu_seconds", "Processor time of all builds.", sum(build.cpu_s for build in builds))


def _brakes(view: View) -> Iterator["Metric"]:
    figures = Counter((anomaly.figure,) for anomaly in view.anomalies.values())
    yield _counters("anomalies", "Figures that left their band.", ("figure",), figures.items())
    states = {("closed",): 0, ("half_open",): 0, ("open",): 0}
    for breaker in view.breakers.values():
        states[(breaker.state_name,)] += 1
    yield _labelled("breakers", "Circuit breakers, by state.", ("state",), states.items())
    seen = Counter(row.seen.severity for row in view.problems.values() if row.open)
    severities = {(severity.value,): seen[severity] for severity in Severity}
    yield _labelled("problems", "Problems that the last look saw.", ("severity",), severities.items())
    limits = {(usage.figure, usage.scope or "all"): usage for usage in view.engine.limits}
    used = {key: _dollars(key[0], usage.used) for key, usage in limits.items()}
    yield _labelled("limit_used", "How much of a limit is taken.", ("figure", "scope"), used.items())
    most = {key: _dollars(key[0], usage.limit) for key, usage in limits.items()}
    yield _labelled("limit", "What all builds may use together.", ("figure", "scope"), most.items())


def _dollars(figure: str, value: float) -> float:
    return value / MICRO if figure.startswith("usd_") else value


def _switch(uses: tuple[KillUse, ...]) -> Iterator["Metric"]:
    counts = Counter((use.means.value, "drill" if use.drill else "earnest") for use in uses)
    yield _counters("kill_switch_uses", "Uses of the kill switch.", ("means", "kind"), counts.items())
    use = last_use(uses)
    if use is not None:
        yield _gauge("kill_switch_last_use_time_seconds", "When it was used last in earnest.", use.at.timestamp())
        yield _gauge("kill_switch_last_use_seconds", "How long that took until all were dead.", use.ms / _MS)
    drill = last_drill(uses)
    if drill:
        yield _gauge("drill_last_time_seconds", "When it was rehearsed last.", drill[-1].at.timestamp())
        yield _gauge("drill_last_seconds", "How long its slowest means took.", max(use.ms for use in drill) / _MS)
        yield _gauge("drill_last_passed", "Whether all died in time.", passed(drill))


def _kept(safe: Safekeeping) -> Iterator["Metric"]:
    if safe.snapshot is not None:
        yield _gauge("snapshot_last_time_seconds", "When the last snapshot was made.", safe.snapshot.at.timestamp())
        yield _gauge("snapshot_last_bytes", "What all files in it come to.", safe.snapshot.bytes)
    if safe.rehearsal is not None:
        yield _gauge("restore_rehearsed_time_seconds", "When a restore was tried.", safe.rehearsal.at.timestamp())
        yield _gauge("restore_rehearsed_passed", "Whether it gave back what was kept.", safe.rehearsal.ok)


def _kpis(kpis: Kpis) -> Iterator["Metric"]:
    for name, figure in kpis.figures.items():
        if figure.value is not None:
            told, unit = _IN_SECONDS.get(name, (name, 1.0))
            yield _gauge(f"kpi_{told}", figure.help, figure.value * unit)


def _category(view: View, build: Build) -> str:
    task = view.tasks.get(build.label)
    return task.spec.category.value if task else "unknown"


def _durations(view: View, builds: Iterable[Build]) -> "Metric":
    from prometheus_client.core import HistogramMetricFamily

    family = HistogramMetricFamily("midwatch_build_duration_seconds", "How long builds ran.", labels=["category"])
    by_category: dict[str, list[float]] = {}
    for build in builds:
        if build.over and build.started_at is not None:
            by_category.setdefault(_category(view, build), []).append(ran_s(build, view.at))
    for category, values in sorted(by_category.items()):
        buckets = [(str(float(end)), float(sum(value <= end for value in values))) for end in _BUCKETS_S]
        family.add_metric([category], [*buckets, ("+Inf", float(len(values)))], sum(values))
    return family


def _waits(waits: Waits) -> "Metric":
    from prometheus_client.core import HistogramMetricFamily

    told = "How long changes to the record waited for the disk."
    ends = (*map(str, ENDS_S), "+Inf")
    buckets = [(end, float(count)) for end, count in zip(ends, accumulate(waits.counts), strict=True)]
    return HistogramMetricFamily("midwatch_journal_sync_seconds", told, buckets=buckets, sum_value=waits.sum_s)


def _gauge(name: str, text: str, value: float) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    return GaugeMetricFamily(f"midwatch_{name}", text, value=float(value))


def _counter(name: str, text: str, value: float) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    return CounterMetricFamily(f"midwatch_{name}", text, value=float(value))


def _gauges(name: str, text: str, label: str, values: dict[str, int]) -> "Metric":
    return _labelled(name, text, (label,), (((key,), value) for key, value in values.items()))


def _labelled(name: str, text: str, labels: tuple[str, ...], values: Values) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(f"midwatch_{name}", text, labels=labels)
    for key, value in sorted(values):
        family.add_metric(key, float(value))
    return family


def _counters(name: str, text: str, labels: tuple[str, ...], values: Values) -> "Metric":
    from prometheus_client.core import CounterMetricFamily

    family = CounterMetricFamily(f"midwatch_{name}", text, labels=labels)
    for key, value in sorted(values):
        family.add_metric(key, float(value))
    return family
