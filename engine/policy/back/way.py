"""Says, before the operator agrees to something, whether it can be taken back."""

from collections.abc import Collection

from state.model.task import Effect, Spec

LASTING = frozenset(
    {Effect.EXTERNAL, Effect.DESTRUCTIVE, Effect.PRODUCTION, Effect.FINANCIAL, Effect.ACCESS, Effect.SENSITIVE_DATA}
)
"""What lies beyond the branch that a merge can be taken off."""


def back(spec: Spec, compensations: Collection[str]) -> str:
    """Return in words how far a task can be taken back; `compensations` are the actions that have one."""
    effects = [effect.value.replace("_", " ") for effect in spec.effects if effect in LASTING]
    if not effects:
        return f"undo: `midwatch undo {spec.label}`"
    what = f"what it does ({', '.join(effects)}) cannot be undone by midwatch"
    if not compensations:
        return what
    return f"{what}, but for what it reports as {', '.join(sorted(compensations))}: `midwatch undo {spec.label}`"


def with_back(text: str, spec: Spec, compensations: Collection[str]) -> str:
    """Return what is asked of the operator with the way back behind it, where that is not the usual one."""
    return f"{text}; {back(spec, compensations)}" if LASTING & set(spec.effects) else text
