"""Whether a task may have the secrets that it asks for."""

from collections.abc import Mapping

from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "secrets"
NEVER = "secrets_never"
"""The rule that no approval answers."""


def check(spec: Spec, known: frozenset[str], granted: Mapping[str, frozenset[str]], *, sandboxed: bool) -> Finding:
    """Ask before a secret is handed to a build, unless the settings grant it to this very task.

    `granted` holds by label what the settings grant.
    """
    if not spec.secrets:
        return Finding(rule=RULE, verdict=Stance.ALLOW, text="it asks for no secret")
    unknown = [name for name in spec.secrets if name not in known]
    if unknown:
        told = f"asks for secrets that the settings do not name: {', '.join(unknown)}"
        return Finding(rule=NEVER, verdict=Stance.HOLD, text=told)
    if not sandboxed:
        told = "asks for secrets and has no sandbox: what it is given could not be kept from others"
        return Finding(rule=NEVER, verdict=Stance.HOLD, text=told)
    names = ", ".join(spec.secrets)
    if set(spec.secrets) <= granted.get(spec.label, frozenset()):
        return Finding(rule=RULE, verdict=Stance.ALLOW, text=f"[tasks.{spec.label}] grants it {names}")
    return Finding(rule=RULE, verdict=Stance.ASK, text=f"would be given these secrets: {names}")
