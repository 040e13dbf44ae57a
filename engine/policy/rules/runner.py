"""Whether a task has something to run, and somewhere safe to run it."""

from state.model.task import Spec
from state.model.verdict import Finding, Stance

COMMAND = "command"
SANDBOX = "sandbox"


def command(spec: Spec) -> Finding:
    """Hold a task without a command, or with one that no shell could be given."""
    if not spec.command.strip():
        return Finding(rule=COMMAND, verdict=Stance.HOLD, text="no command: nothing says what to run")
    if "\0" in spec.command or "\0" in spec.verify:
        return Finding(rule=COMMAND, verdict=Stance.HOLD, text="the command holds a NUL character, which none can")
    return Finding(rule=COMMAND, verdict=Stance.ALLOW, text="has a command")


def sandbox(label: str, trouble: str | None, unsandboxed: frozenset[str]) -> Finding:
    """Hold where no sandbox can be made, unless the settings let this task run without; unknown holds as well."""
    if label in unsandboxed:
        text = f"runs WITHOUT a sandbox: midwatch.toml says so in [tasks.{label}]"
        return Finding(rule=SANDBOX, verdict=Stance.ALLOW, text=text)
    if trouble is None:
        text = "it is not known yet whether this machine can make a sandbox"
        return Finding(rule=SANDBOX, verdict=Stance.HOLD, text=text)
    if trouble:
        return Finding(rule=SANDBOX, verdict=Stance.HOLD, text=f"no sandbox: {trouble}")
    return Finding(rule=SANDBOX, verdict=Stance.ALLOW, text="runs in a sandbox")
