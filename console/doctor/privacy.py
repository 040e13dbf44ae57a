"""Has builds and tasks speak of people, and looks where it was written down."""

import asyncio
from pathlib import Path

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand, spec
from state import journal
from state.keeping import erasures
from state.model import command as c

# In pieces, so that no scanner takes this file for a leak.
_KEY = "ghp_" + "d0cT0r" * 6
_MAIL = "doctor@example.org"
_PERSON = "Doctor Nobody"


def _holding(folder: Path, *words: str) -> list[str]:
    return [
        path.name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(word.encode() in path.read_bytes() for word in words)
    ]


async def scrubbed(stand: Stand) -> Proof:
    """What a failing build says of people and keys is not in the record."""
    guard = "privacy: what builds say"
    # Put together as it is printed: the command itself is written down as it is.
    build = await stand.build(
        "speaks", f"printf '%s@%s %s_%s\\n' {_MAIL.replace('@', ' ')} {_KEY.replace('_', ' ')}; exit 3"
    )
    text = getattr(build.state, "text", "")
    if _KEY not in stand.printed("speaks-1"):
        return seen(guard, False, f"nothing is proven: it did not speak: {text}")
    found = await asyncio.to_thread(_holding, stand.workspace.journal, _MAIL, _KEY)
    return seen(guard, not found, text if not found else f"it stands in {', '.join(found)}")


async def refused(stand: Stand) -> Proof:
    """A task with a key in it is not taken."""
    reply = await stand.ask(c.AddTasks(specs=(spec("holds", command=f"deploy --token={_KEY}"),)))
    return seen("privacy: keys in tasks", not reply.ok and _KEY not in reply.text, reply.text)


async def erased(stand: Stand) -> Proof:
    """Somebody who is erased is nowhere, and the record can still be proven."""
    guard = "privacy: erasure"
    hidden = stand.workspace.hidden
    await stand.build("tells", f"echo told by {_PERSON}; exit 3")
    if not await asyncio.to_thread(_holding, hidden, _PERSON):
        return seen(guard, False, "nothing is proven: nothing was written down")
    reply = await stand.ask(c.Erase(subject=_PERSON))
    left = await asyncio.to_thread(_holding, hidden, _PERSON)
    audit = await asyncio.to_thread(journal.verify, stand.workspace.journal, checkpoint=None, in_flight=True)
    audit, told = await asyncio.to_thread(erasures.accounted, audit, stand.workspace.journal)
    if left or not audit.ok:
        return seen(guard, False, f"{reply.text}; left in {', '.join(left)}" if left else "the record is damaged")
    return seen(guard, reply.ok and bool(told.words), told.words)


TRIALS: tuple[Trial, ...] = (scrubbed, refused, erased)
