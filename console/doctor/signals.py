"""Puts signals where any program could put them, and sees how far they come."""

import asyncio
import os
from typing import Any

import msgspec

from console.doctor.proof import Proof, Trial, seen
from console.doctor.stand import Stand, spec
from state.files import atomic_write
from state.model import task as t

_DOUBT: dict[str, Any] = {"confidence": 0.4}


async def doubtful(stand: Stand) -> Proof:
    """A signal that is not sure starts nothing."""
    label = "doubtful-signal"
    fields = {"label": label, "title": label, "category": "bug-fix", "command": "true"}
    asked = spec(label)
    task = {**fields, "description": asked.description, "criteria": list(asked.criteria)}
    told = {"id": label, "type": "spawn_agent", "priority": "urgent", "payload": {**_DOUBT, "task": task}}
    atomic_write(stand.workspace.escalations / f"{label}.json", msgspec.json.encode(told))
    view = await stand.until(lambda view: label in view.tasks)
    found = view.tasks[label]
    waits = isinstance(found.state, t.AwaitingApproval) and not found.approved
    return seen("signals: none starts anything in doubt", waits, found.doubt or f"it is {found.state_name}")


async def no_signal(stand: Stand) -> Proof:
    """What is no signal is set aside as it is, and a link is not followed."""
    secret = stand.outside / "secret.json"
    atomic_write(secret, b'{"id": "followed", "type": "goals_updated", "priority": "urgent"}')
    link = stand.workspace.escalations / "link.json"
    await asyncio.to_thread(os.symlink, secret, link)
    kept = stand.workspace.escalations / "bad" / "link.json"
    # What is no signal is moved before the signals of the same look are decided upon.
    after = b'{"id": "after-link", "type": "unclear", "priority": "urgent"}'
    atomic_write(stand.workspace.escalations / "after-link.json", after)
    await stand.until(lambda view: any(e.label == "signal:after-link" for e in view.escalations.values()))
    reason = kept.with_name("link.json.reason")
    held = kept.is_symlink() and secret.exists() and reason.exists()
    return seen(
        "signals: a link is set aside, not followed", held, reason.read_text().strip() if held else "it is gone"
    )


TRIALS: tuple[Trial, ...] = (doubtful, no_signal)
