"""Asks for keys that were not granted, and for what the law rules out."""

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand, spec
from engine.policy.limits import legal
from engine.secrets.files import fetch
from engine.secrets.secret import SecretUnavailable
from state.files import atomic_write
from state.model import command as c
from state.model import task as t
from state.model.brakes.source import Provider, Source
from state.model.verdict import Stance

_VALUE = "a key of the doctor's own"


async def ungranted(stand: Stand) -> Proof:
    """A key that nobody granted is not handed over."""
    await stand.ask(c.AddTasks(specs=(spec("ungranted", secrets=("anything",)),)))
    state = stand.view().tasks["ungranted"].state
    held = isinstance(state, t.Held | t.AwaitingApproval)
    told = "; ".join(finding.text for finding in getattr(state, "findings", ()))
    return seen("secrets: none that was not granted", held, told or "it may start")


async def readable(stand: Stand) -> Proof:
    """A file that others may read is no place for a key."""
    path = stand.outside / "key"
    atomic_write(path, _VALUE)
    path.chmod(0o600)
    source = Source(name="key", provider=Provider.FILE, key=str(path))
    if fetch(source) != _VALUE:
        return seen("secrets: files that others may read", False, "nothing is proven: not even a safe file was read")
    path.chmod(0o644)
    try:
        fetch(source)
    except SecretUnavailable as error:
        return seen("secrets: files that others may read", True, str(error))
    return seen("secrets: files that others may read", False, "it was read with mode 0644")


async def ruled_out(stand: Stand) -> Proof:
    """What is ruled out by name is held."""
    ruled = legal.Ruled(domains=("example.com",))
    wanted = spec("ruled", description="Mirror all of example.com")
    found = legal.check(wanted, ruled)
    free = legal.check(wanted, legal.Ruled()).verdict is Stance.ALLOW
    return seen("law: blocked domains", free and found.verdict is Stance.HOLD, found.text)


TRIALS: tuple[Trial, ...] = (ungranted, readable, ruled_out)
