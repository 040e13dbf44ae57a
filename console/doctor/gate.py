"""Asks for what must not happen without the operator."""

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand, spec
from state.model import build as b
from state.model import command as c
from state.model import task as t


async def _state_of(stand: Stand, asked: t.Spec) -> t.TaskState:
    await stand.ask(c.AddTasks(specs=(asked,)))
    return stand.view().tasks[asked.label].state


async def vague(stand: Stand) -> Proof:
    """What nobody could call done does not start."""
    state = await _state_of(stand, spec("vague", description="", criteria=()))
    held = isinstance(state, t.Held)
    told = "; ".join(finding.text for finding in state.findings) if isinstance(state, t.Held) else "it was not held"
    return seen("gate: vague tasks", held, told)


async def dangerous(stand: Stand) -> Proof:
    """Each effect on the world outside waits for the operator."""
    free = []
    for effect in t.Effect:
        state = await _state_of(stand, spec(f"effect-{effect.value.replace('_', '-')}", effects=(effect,)))
        if not isinstance(state, t.Held | t.AwaitingApproval):
            free.append(effect.value)
    told = f"these may start by themselves: {', '.join(free)}" if free else f"all {len(t.Effect)} kinds wait"
    return seen("gate: effects on the world", not free, told)


async def stale_yes(stand: Stand) -> Proof:
    """A yes counts for what was shown, and for nothing else."""
    asked = spec("stale", category=t.Category.NEW_FEATURE)
    await _state_of(stand, asked)
    reply = await stand.ask(c.Approve(label="stale", digest="of something else"))
    waits = isinstance(stand.view().tasks["stale"].state, t.AwaitingApproval)
    return seen("approval: bound to what was shown", not reply.ok and waits, reply.text)


async def unverified(stand: Stand) -> Proof:
    """What fails its verification is not merged."""
    repo = await stand.repository("unverified")
    build = await stand.build("unverified", "echo two > file", repo=str(repo), verify="false")
    there = (repo / "file").read_text().strip()
    held = build.verified.result is b.Result.NO and there == "one"
    return seen("verification: nothing merges without it", held, f"{build.verified.text}; the branch has {there!r}")


async def operators_work(stand: Stand) -> Proof:
    """A merge never touches what the operator has not committed."""
    repo = await stand.repository("mine")
    await stand.operator_runs("echo mine > mine/file")
    build = await stand.build("mine", "echo two > file", repo=str(repo), verify="true")
    there = (repo / "file").read_text().strip()
    return seen("merge: the operator's uncommitted work", there == "mine", f"{build.delivered.text}; it has {there!r}")


async def hostile_repository(stand: Stand) -> Proof:
    """Hooks, filters and settings of a repository are never run by the engine."""
    repo = await stand.repository("hostile")
    mark = stand.outside / "hostile-ran"
    await stand.operator_runs(
        "cd hostile && for hook in post-checkout post-merge reference-transaction pre-commit; do "
        f"printf '#!/bin/sh\\ntouch {mark}\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done && "
        f"git config core.fsmonitor 'touch {mark};false' && git config filter.x.clean 'touch {mark}; cat' && "
        "echo 'file filter=x' > .git/info/attributes"
    )
    mark.unlink(missing_ok=True)
    await stand.build("hostile", "echo two > file", repo=str(repo), verify="true")
    ran = mark.exists()
    return seen("repository: its hooks and filters", not ran, "the engine ran one" if ran else "none of them was run")


TRIALS: tuple[Trial, ...] = (vague, dangerous, stale_yes, unverified, operators_work, hostile_repository)
