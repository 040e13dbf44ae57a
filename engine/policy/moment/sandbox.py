"""Whether there is a sandbox for a task to run in."""

from state.model.verdict import Finding, Stance

RULE = "sandbox"


def check(label: str, trouble: str | None, unsandboxed: frozenset[str]) -> Finding:
    """Hold where no sandbox can be made, unless the settings let this task run without; unknown holds as well."""
    if label in unsandboxed:
        text = f"runs WITHOUT a sandbox: midwatch.toml says so in [tasks.{label}]"
        return Finding(rule=RULE, verdict=Stance.ALLOW, text=text)
    if trouble is None:
        text = "it is not known yet whether this machine can make a sandbox"
        return Finding(rule=RULE, verdict=Stance.HOLD, text=text)
    if trouble:
        return Finding(rule=RULE, verdict=Stance.HOLD, text=f"no sandbox: {trouble}")
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="runs in a sandbox")
