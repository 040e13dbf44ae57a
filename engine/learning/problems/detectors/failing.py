"""Tasks that fail again and again in the same way."""

import hashlib
from collections.abc import Iterable

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import few
from engine.safety.limits.signature import signature
from state.model import build as b
from state.model import task as t
from state.model.learning.problem import Kind, Severity, Sighting
from state.text import one_line

_WIDTH = 200
_BACK = 50
"""So many builds of a task are looked back over."""
_NAME = 12


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return the tasks that fail in the same way, one by one or, where several share it, together."""
    least = facts.settings.problems.failures
    by_label: dict[str, list[b.Build]] = {}
    for build in facts.view.builds.values():
        task = facts.view.tasks.get(build.label)
        if task is not None and not isinstance(task.state, t.Done):
            by_label.setdefault(build.label, []).append(build)
    shared: dict[str, list[tuple[str, int]]] = {}
    for label, builds in by_label.items():
        times, found = _in_a_row(builds)
        if times:
            shared.setdefault(found, []).append((label, times))
    sightings = []
    for found, rows in shared.items():
        if len(rows) >= least:
            sightings.append(_together(found, rows))
        else:
            sightings += [_alone(label, times, found, least) for label, times in rows if times >= least]
    return tuple(sightings)


def _in_a_row(builds: Iterable[b.Build]) -> tuple[int, str]:
    """How often a task failed in the same way since it last did not, and the signature of that."""
    times, same = 0, ""
    for build in sorted(builds, key=lambda build: -build.attempt)[:_BACK]:
        if not isinstance(build.state, b.Finished) or build.state.ending in ("killed", "unknown"):
            continue
        found = signature(build.state.text) if build.state.ending == "failed" else ""
        if not found or (times and found != same):
            break
        times, same = times + 1, found
    return times, same


def _alone(label: str, times: int, found: str, least: int) -> Sighting:
    said = one_line(found, _WIDTH)
    return Sighting(
        kind=Kind.FAILING,
        subject=label,
        severity=Severity.HIGH if times >= 2 * least else Severity.MEDIUM,
        text=f"{label} failed {times} times in a row with `{said}`: `midwatch logs {label}` shows what it printed; "
        "mend its task or what it needs before it is tried again",
        figures={"failures": times},
    )


def _together(found: str, rows: list[tuple[str, int]]) -> Sighting:
    said, labels = one_line(found, _WIDTH), [label for label, _ in rows]
    return Sighting(
        kind=Kind.FAILING,
        subject=hashlib.sha256(found.encode()).hexdigest()[:_NAME],
        severity=Severity.HIGH,
        text=f"{len(rows)} tasks fail with `{said}`: {few(labels)}; it is likely to be one cause outside of them: "
        f"`midwatch logs {labels[0]}` shows what one of them printed",
        figures={"tasks": len(rows), "failures": sum(times for _, times in rows)},
    )
