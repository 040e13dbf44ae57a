"""What Prometheus is told, read back by the client's own parser."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from console.http.exposition import _Collected
from console.http.figures import Found, families
from engine.reports.kpis import measure
from engine.reports.runs import until_now
from state.model import build as b
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.hold import Hold
from state.model.brakes.kill_use import KillUse, Means
from state.model.brakes.safekeeping import Kind, Rehearsal, Safekeeping, Snapshot
from state.model.brakes.usage import Usage
from state.model.control import Control
from state.model.counts.tokens import Tokens
from state.model.counts.waits import Waits
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.learning import problem
from state.model.learning.problem import Problem, Sighting
from state.model.view import EngineInfo, View
from tests.making import NOON, a_build, a_task

DASHBOARD = Path(__file__).resolve().parents[3] / "docs" / "grafana.json"


def full() -> Found:
    """Something of everything."""
    finished = b.Finished(ending="done", text="", at=NOON)
    ran = b.Check(result=b.Result.YES, at=NOON)
    began = NOON - timedelta(minutes=10)
    hold = Hold(figure="files", used=11, limit=10, text="", since=NOON)
    builds = (
        a_build(
            "tidy-1",
            finished,
            started_at=began,
            executed=ran,
            spent=2_500_000,
            calls=7,
            files_changed=3,
            tokens=(Tokens(model="m", taken=5, made=7),),
        ),
        a_build("slow-1", b.Running(token="t", pid=1, start_ticks=1, boot=""), hold=hold),
    )
    used = KillUse(id="u", at=NOON, by="operator:ada", means=Means.KEY, ms=400.0, builds=2, processes=9)
    full = Sighting(kind=problem.Kind.DISK, subject="/", severity=problem.Severity.HIGH, text="full")
    asked = Escalation(id="e", type=EscalationKind.LIMIT_REACHED, priority=Urgency.HIGH, text="", created_at=NOON)
    odd = Anomaly(id="a", label="slow", build="slow-1", figure="calls", value=9, limit=5, text="", created_at=NOON)
    view = View(
        number=42,
        at=NOON,
        engine=EngineInfo(
            pid=1, mode="headless", started_at=NOON - timedelta(days=2), slots=2,
            waits=Waits().with_one(0.002).with_one(0.3),
            limits=(
                Usage(figure="calls_per_min", used=3, limit=100, window_s=60),
                Usage(figure="usd_per_h", used=500_000, limit=10_000_000, window_s=3600),
            ),
        ),
        control=Control(paused=True),
        tasks={"tidy": a_task(hours=3.0), "slow": a_task("slow", t.Building(build="slow-1"))},
        builds={build.id: build for build in builds},
        escalations={"e": asked},
        anomalies={"a": odd},
        breakers={"k": Breaker(runner="command", repo="/srv")},
        problems={
            "disk:/": Problem(id="disk:/", seen=full, first_at=NOON, last_at=NOON),
            "disk:/b": Problem(id="disk:/b", seen=full, first_at=NOON, last_at=NOON, gone_at=NOON),
        },
        safekeeping=Safekeeping(
            snapshot=Snapshot(id="s", at=NOON, by="engine", kind=Kind.ROUTINE, files=1, bytes=10, added=10),
            rehearsal=Rehearsal(snapshot="s", at=NOON, ok=True, took_s=1.0, files=1, bytes=10),
        ),
        kill_uses={"u": used, "d": KillUse(**{**_fields(used), "id": "d", "drill": "x", "means": Means.FILE})},
    )  # fmt: skip
    kpis = measure(view, [], until_now(NOON - timedelta(days=1), NOON))
    return Found(view=view, stop_file=False, journal_bytes=1000, resident_bytes=5, cpu_s=1.5, kpis=kpis)


def _fields(noun: Any) -> dict[str, Any]:
    return {name: getattr(noun, name) for name in noun.__struct_fields__}


def text_of(found: Found) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Collected(tuple(families(found))))
    return generate_latest(registry)


def samples(found: Found) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text_of(found).decode())
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("name", "labels", "value"),
    [
        ("engine_up", {}, 1),
        ("paused", {}, 1),
        ("kill_switch_engaged", {}, 0),
        ("slots", {}, 2),
        ("slots_used", {}, 1),
        ("journal_entries_total", {}, 42),
        ("builds", {"state": "running"}, 1),
        ("builds_held", {}, 1),
        ("builds_finished_total", {"ending": "done", "category": "bug_fix"}, 1),
        ("build_duration_seconds_bucket", {"category": "bug_fix", "le": "300.0"}, 0),
        ("build_duration_seconds_bucket", {"category": "bug_fix", "le": "900.0"}, 1),
        ("build_duration_seconds_sum", {"category": "bug_fix"}, 600),
        ("tasks", {"state": "queued"}, 1),
        ("escalations_open", {"kind": "limit_reached"}, 1),
        ("anomalies_total", {"figure": "calls"}, 1),
        ("calls_total", {}, 7),
        ("tokens_total", {}, 12),
        ("journal_sync_seconds_bucket", {"le": "0.001"}, 0),
        ("journal_sync_seconds_bucket", {"le": "0.0025"}, 1),
        ("journal_sync_seconds_bucket", {"le": "+Inf"}, 2),
        ("journal_sync_seconds_sum", {}, 0.302),
        ("spent_dollars_total", {}, 2.5),
        ("files_changed_total", {}, 3),
        ("breakers", {"state": "closed"}, 1),
        ("breakers", {"state": "open"}, 0),
        ("problems", {"severity": "high"}, 1),
        ("problems", {"severity": "critical"}, 0),
        ("limit_used", {"figure": "calls_per_min", "scope": "all"}, 3),
        ("limit", {"figure": "calls_per_min", "scope": "all"}, 100),
        ("limit_used", {"figure": "usd_per_h", "scope": "all"}, 0.5),
        ("limit", {"figure": "usd_per_h", "scope": "all"}, 10),
        ("snapshot_last_time_seconds", {}, NOON.timestamp()),
        ("restore_rehearsed_passed", {}, 1),
        ("kill_switch_uses_total", {"means": "key", "kind": "earnest"}, 1),
        ("kill_switch_last_use_seconds", {}, 0.4),
        ("drill_last_passed", {}, 1),
        ("kpi_uptime_ratio", {}, 1),
        ("kpi_shipped_seconds_per_week", {}, 3 * 3600 * 7),
        ("engine_resident_memory_bytes", {}, 5),
    ],
)
def test_each_figure_is_what_the_view_says(name: str, labels: dict[str, str], value: float) -> None:
    """Read back from the text, every sample has the value that the records give."""
    assert samples(full())[(f"midwatch_{name}", tuple(sorted(labels.items())))] == value


def test_an_engine_that_is_silent_is_told_from_files_alone() -> None:
    """Without a view there is still whether it answers, the switch and the journal's size; nothing is made up."""
    found = samples(Found(view=None, stop_file=True, journal_bytes=7))
    assert {name: value for (name, _), value in found.items()} == {
        "midwatch_engine_up": 0,
        "midwatch_kill_switch_engaged": 1,
        "midwatch_journal_bytes": 7,
    }


def test_a_label_cannot_break_the_text() -> None:
    """Whatever a figure is called, the text is read back as it was meant."""
    view = full().view
    assert view is not None
    odd = Anomaly(id="a", label="", build="", figure='a"} 1\nx', value=1, limit=1, text="", created_at=NOON)
    found = samples(Found(view=View(at=NOON, anomalies={"a": odd}), stop_file=False, journal_bytes=0))
    assert found[("midwatch_anomalies_total", (("figure", 'a"} 1\nx'),))] == 1


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
def test_prometheus_own_lint_has_no_complaint() -> None:
    """promtool, where there is one, finds nothing to mend."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text_of(full()), capture_output=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")


def test_the_dashboard_asks_for_what_there_is() -> None:
    """Each name in the dashboard's queries is one that is told, and no panel is without a query."""
    told = {name for name, _ in samples(full())}
    dashboard = json.loads(DASHBOARD.read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    assert len(panels) >= 10 and all(panel["targets"] for panel in panels)
    asked = {name for query in queries for name in re.findall(r"midwatch_\w+", query)}
    assert asked and asked <= told, asked - told
