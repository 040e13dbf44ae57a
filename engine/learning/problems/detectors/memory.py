"""A machine that runs out of memory."""

from engine.learning.problems.facts import Facts
from engine.learning.problems.words import size
from state.model.learning.problem import Kind, Severity, Sighting

_SHARE = 10
_CRITICAL = 4


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return what is wrong with the memory; None where the machine does not tell."""
    memory = facts.memory
    if memory is None:
        return None
    least = min(facts.settings.problems.memory_bytes, memory.total_bytes // _SHARE)
    if memory.available_bytes >= least:
        return ()
    running = sum(build.occupies for build in facts.view.builds.values())
    text = (
        f"{size(memory.available_bytes)} of {size(memory.total_bytes)} of memory are left, with {running} builds under "
        "way: fewer [queue] slots or a lower [limits] memory keep the system from killing some of them"
    )
    critical = memory.available_bytes < least // _CRITICAL
    return (
        Sighting(
            kind=Kind.MEMORY,
            subject="machine",
            severity=Severity.CRITICAL if critical else Severity.HIGH,
            text=text,
            figures={"available_bytes": memory.available_bytes, "total_bytes": memory.total_bytes},
        ),
    )
