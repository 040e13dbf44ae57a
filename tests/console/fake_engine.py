"""An engine that obeys over a link without running anything, for the console's tests."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import msgspec

from console.link import Ports
from console.screens.outlook import Outlook
from engine.policy.order import order_key
from state.files import Workspace
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.anomaly import Anomaly
from state.model.brakes.breaker import Breaker
from state.model.brakes.kill_use import KillUse
from state.model.control import Control
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.learning.problem import Problem
from state.model.progress import Progress
from state.model.verdict import Finding, Stance
from state.model.view import Delta, EngineInfo, View
from state.model.when.schedule import ScheduleState
from tests.making import NOON, a_build, a_task

DIGEST = "d" * 64
TABLES: dict[type[Any], str] = {
    t.Task: "tasks",
    b.Build: "builds",
    Escalation: "escalations",
    Anomaly: "anomalies",
    Progress: "progress",
    ScheduleState: "schedules",
    KillUse: "kill_uses",
    Breaker: "breakers",
    Problem: "problems",
}


class FakeEngine:
    """Keeps records, delivers each change on a thread of its own, and remembers what it was asked for."""

    def __init__(self, *, hosted: bool = True) -> None:
        self.hosted = hosted
        self.requests: list[c.Request] = []
        self.reply: Callable[[c.Request], c.Reply] = lambda request: c.Reply(
            ok=True, text=f"did {type(request.command).__name__}"
        )
        self.mute = False
        """While set, it takes requests and never answers."""
        self._view = View(at=NOON, engine=EngineInfo(pid=4711, mode="hosted", started_at=NOON, slots=2))
        self._deliver: Callable[[Delta], None] | None = None

    def submit(self, request: c.Request) -> Future[c.Reply]:
        self.requests.append(request)
        future: Future[c.Reply] = Future()
        if not self.mute:
            _on_a_thread(lambda: future.set_result(self.reply(request)))
        return future

    def view(self) -> Future[View]:
        future: Future[View] = Future()
        future.set_result(self._view)
        return future

    def subscribe(self, deliver: Callable[[Delta], None]) -> Callable[[], None]:
        self._deliver = deliver
        view = self._view
        everything = Delta(
            number=max(1, view.number),
            at=view.at,
            engine=view.engine,
            control=view.control,
            **{name: tuple(getattr(view, name).values()) for name in TABLES.values()},
        )
        _on_a_thread(lambda: deliver(everything))
        return self._unsubscribe

    def _unsubscribe(self) -> None:
        self._deliver = None

    def close(self) -> None:
        self._deliver = None

    @property
    def commands(self) -> list[c.Command]:
        """What it was asked for, in order."""
        return [request.command for request in self.requests]

    def put(self, *records: Any) -> None:
        """Change records and tell the subscriber."""
        number = self._view.number + 1
        fields: dict[str, Any] = {}
        for record in records:
            name = "engine" if isinstance(record, EngineInfo) else "control" if isinstance(record, Control) else ""
            if name:
                fields[name] = record
            else:
                fields.setdefault(TABLES[type(record)], []).append(record)
        tables = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
        merged = {
            name: {**getattr(self._view, name), **{record.key: record for record in value}}
            if isinstance(value, tuple)
            else value
            for name, value in tables.items()
        }
        self._view = msgspec.structs.replace(self._view, number=number, **merged)
        if self._deliver is not None:
            deliver = self._deliver
            _on_a_thread(lambda: deliver(Delta(number=number, at=NOON, **tables)))


def _on_a_thread(what: Callable[[], None]) -> None:
    thread = threading.Thread(target=what)
    thread.start()
    thread.join()


def running(build_id: str, **fields: Any) -> b.Build:
    """A build whose command runs."""
    state = b.Running(token="x", pid=1, start_ticks=1, boot="x")
    return a_build(build_id, **{"state": state, "started_at": NOON, **fields})


def question(label: str, kind: EscalationKind, digest: str = "", **fields: Any) -> Escalation:
    """An open escalation."""
    fields = {"id": f"q-{label}", "priority": Urgency.HIGH, "text": f"{label} asks", "created_at": NOON, **fields}
    return Escalation(type=kind, label=label, digest=digest, **fields)


def anomaly(label: str, **fields: Any) -> Anomaly:
    """A figure out of its band."""
    fields = {"id": f"n-{label}", "build": f"{label}-1", "figure": "run_s", "value": 9.0, "limit": 3.0, **fields}
    return Anomaly(label=label, text=f"{label} runs longer than ever", created_at=NOON, **fields)


def ports(**changes: Any) -> Ports:
    """What the console reads by itself, from nowhere."""
    fields: dict[str, Any] = {
        "rank": order_key,
        "explain": lambda task, view: (Finding(rule="slots", verdict=Stance.WAIT, text="both slots are taken"),),
        "read_log": lambda paths, last: paths.output.read_bytes()[-last:] if paths.output.exists() else b"",
        "diff": lambda build: f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new {build.id}\n",
        "emergency_stop": lambda: "stopped without the engine",
        "schedules": dict,
        "coming": lambda schedule, state, now, count: (),
        "decisions": lambda words, most: (),
        "story": lambda seq: (),
        "verify": lambda: (True, "0 entries"),
        "snapshots": lambda: (),
        "make_snapshot": lambda why: f"made, {why}",
        "go_back": lambda name: f"went back to {name}",
        "outlook": lambda view, start, end: Outlook(UTC, (), ()),
    }
    return Ports(**{**fields, **changes})


def workspace(root: Path) -> Workspace:
    """A workspace with a log of the build `ledger-1`."""
    space = Workspace(root)
    paths = space.build("ledger-1")
    paths.root.mkdir(parents=True)
    paths.output.write_text("collecting tests\n.....\n5 passed\n")
    return space


def waiting(label: str, **fields: Any) -> t.Task:
    """A task that waits for the operator's yes."""
    finding = Finding(rule="approvals", verdict=Stance.ASK, text="adds a new feature")
    return a_task(label, t.AwaitingApproval(findings=(finding,)), **fields)


def reviewed(label: str, digest: str = DIGEST) -> tuple[t.Task, b.Build]:
    """A task and its verified build that waits for review."""
    build = a_build(f"{label}-1", b.Reviewing(digest=digest), digest=digest, files_changed=1, percent=100)
    return a_task(label, t.AwaitingReview(build=build.id, digest=digest)), build


def night(engine: FakeEngine) -> FakeEngine:
    """Fill an engine with one of each thing."""
    engine.put(
        waiting("export"),
        a_task("docs", title="Write the docs"),
        a_task("again", t.Retrying(at=NOON + timedelta(minutes=5), text="tests failed")),
        a_task("ledger", t.Building(build="ledger-1"), title="Fix the rounding of totals"),
        a_task("old", t.Failed(build="old-1", text="gave up after 3 attempts", at=NOON)),
        *reviewed("csv"),
        running("ledger-1", percent=40, step="running the tests"),
        Progress(build="ledger-1", percent=45, step="running the tests", files_changed=2, output_bytes=30),
        question("export", EscalationKind.APPROVAL_NEEDED, waiting("export").spec.digest),
        question("csv", EscalationKind.REVIEW_NEEDED, DIGEST, created_at=NOON + timedelta(minutes=1)),
        anomaly("ledger"),
    )
    return engine
