"""The figures that problems are foreseen from, as values and in words."""

from typing import Any

from console.cli.learning.looking import Look
from engine.learning.problems.detectors.space import free_trend
from engine.learning.problems.trend import LEAST, empties, trend
from engine.learning.problems.words import ahead, size
from state.model.learning.problem import Severity

_DAY_S = 86_400.0


def measure(found: Look) -> dict[str, Any]:
    """Return the figures of a look, with how they move as far as earlier looks tell."""
    facts = found.facts
    samples = (*facts.samples, facts.sample)
    disks = []
    for volume in facts.volumes:
        moves = free_trend(facts, volume.path)
        disks.append(
            {
                "path": volume.path,
                "holds": volume.holds,
                "free_bytes": volume.free_bytes,
                "total_bytes": volume.total_bytes,
                "less_bytes_a_day": None if moves is None else round(-moves.middle * _DAY_S),
                "full": empties(moves, facts.now, volume.free_bytes),
            }
        )
    folders = []
    for folder in facts.folders:
        moves = trend([(one.at, float(one.sizes[folder.name])) for one in samples if folder.name in one.sizes])
        more = None if moves is None else round(moves.middle * _DAY_S)
        folders.append({"name": folder.name, "bytes": folder.bytes, "whole": folder.whole, "more_bytes_a_day": more})
    rows = facts.view.problems.values()
    return {
        "at": facts.now,
        "looks": len(facts.samples),
        "since": facts.samples[0].at if facts.samples else None,
        "disks": disks,
        "folders": folders,
        "memory": facts.memory,
        "mendable_bytes": sum(left.bytes for left in facts.leftovers),
        "seen": {level.value: sum(seen.severity is level for seen in found.seen) for level in Severity},
        "fixed": sum(row.fixes for row in rows),
    }


def told(found: dict[str, Any]) -> str:
    """Return the same for people."""
    from console.render import table, terminal_width

    disks = [
        [
            disk["path"],
            size(disk["free_bytes"]),
            size(disk["total_bytes"]),
            _rate(disk["less_bytes_a_day"]),
            _full(disk, found),
        ]
        for disk in found["disks"]
    ]
    folders = [
        [one["name"], size(one["bytes"]) + ("" if one["whole"] else " or more"), _rate(one["more_bytes_a_day"])]
        for one in found["folders"]
    ]
    width = terminal_width()
    memory = found["memory"]
    lines = [f"looks so far: {found['looks']}" + ("" if found["looks"] >= LEAST else f"; {LEAST} tell how things move")]
    if memory is not None:
        lines.append(f"memory: {size(memory.available_bytes)} of {size(memory.total_bytes)} are left")
    lines.append(f"kept elsewhere as well: {size(found['mendable_bytes'])} of old builds")
    lines.append("seen: " + ", ".join(f"{count} {level}" for level, count in found["seen"].items()))
    lines.append(f"fixed so far: {found['fixed']}")
    parts = [
        table(disks, ["DISK", "FREE", "OF", "LESS A DAY", "FULL"], width=width),
        table(folders, ["FOLDER", "TAKES", "MORE A DAY"], width=width),
        "\n".join(lines),
    ]
    return "\n\n".join(part for part in parts if part)


def _rate(count: int | None) -> str:
    if count is None:
        return "unknown"
    return f"-{size(-count)}" if count < 0 else size(count)


def _full(disk: dict[str, Any], found: dict[str, Any]) -> str:
    return ahead(disk["full"], found["at"]) if disk["full"] is not None else "cannot be told"
