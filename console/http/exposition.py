"""Gathers what is told to Prometheus, at most once a second however many ask."""

import asyncio
import contextlib
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from console.client import connect
from console.http.figures import Found, families
from engine.reports.kpis import Kpis, measure
from engine.reports.runs import until_now
from engine.reports.since import decisions_since
from engine.safety import kill_switch, processes
from state.errors import MidwatchError
from state.files import Workspace
from state.model.view import View

if TYPE_CHECKING:
    from prometheus_client import Metric

_FRESH_S = 1.0
_KPIS_FRESH_S = 60.0
"""The journal of a week is read at most this often."""
_WAIT_S = 2.0
"""How long an engine may take to answer."""
_WEEK = timedelta(days=7)


class Exposition:
    """The latest text, and the figures in it that are dear. On one loop only."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._turn = asyncio.Lock()
        self._made = (float("-inf"), b"", "")
        self._kpis: tuple[float, Kpis] | None = None

    async def text(self) -> tuple[bytes, str]:
        """Return the metrics as Prometheus reads them, and their content type."""
        async with self._turn:
            at, text, kind = self._made
            if time.monotonic() - at > _FRESH_S:
                text, kind = await asyncio.to_thread(self._make)
                self._made = (time.monotonic(), text, kind)
        return text, kind

    def _make(self) -> tuple[bytes, str]:
        from prometheus_client import CollectorRegistry
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        registry = CollectorRegistry()
        registry.register(_Collected(tuple(families(self._gather()))))
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _gather(self) -> Found:
        view = _view(self._workspace)
        resident, cpu_s = _process(view.engine.pid) if view is not None and view.engine.pid else (None, None)
        return Found(
            view=view,
            stop_file=kill_switch.engaged(self._workspace),
            journal_bytes=_size(self._workspace.journal),
            resident_bytes=resident,
            cpu_s=cpu_s,
            kpis=self._measured(view) if view is not None else None,
        )

    def _measured(self, view: View) -> Kpis:
        if self._kpis is None or time.monotonic() - self._kpis[0] > _KPIS_FRESH_S:
            span = until_now(view.at - _WEEK, view.at)
            decisions = decisions_since(self._workspace.journal, span.starts_at)
            self._kpis = (time.monotonic(), measure(view, decisions, span))
        return self._kpis[1]


class _Collected:
    """Families that were made before, as a registry wants them."""

    def __init__(self, made: "tuple[Metric, ...]") -> None:
        self._made = made

    def collect(self) -> "Iterator[Metric]":
        """Yield them."""
        yield from self._made


def _view(workspace: Workspace) -> View | None:
    try:
        control = connect(workspace, timeout_s=_WAIT_S)
    except (MidwatchError, OSError):
        return None
    try:
        return control.view()
    except (MidwatchError, OSError):
        return None
    finally:
        control.close()


def _process(pid: int) -> tuple[int | None, float | None]:
    """Return a process's memory in bytes and its processor time; None for each that cannot be had."""
    found = processes.stat(pid)
    resident = None
    with contextlib.suppress(OSError, ValueError, IndexError):
        resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
    return resident, found.cpu_s if found else None


def _size(folder: Path) -> int:
    total = 0
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total
