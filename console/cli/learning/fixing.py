"""Fixes problems that can be fixed without the operator, each fix on record before it is begun and after it is done."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from console.cli.base import Hand, ask
from console.cli.learning.looking import Look
from engine.around.keeping import oldest_kept
from engine.around.mending import Room, make_room
from engine.learning.problems.words import many, size
from state.errors import MidwatchError
from state.keeping import prune
from state.model.command import PruneAudit, RunSchedule
from state.model.learning.commands import BeginFixes, RecordFixes
from state.model.learning.problem import Fix, Fixed, Sighting

if TYPE_CHECKING:
    from state.model.command import Command

_LONG_S = 300.0
"""How long an engine may take to prune."""
_Do = Callable[[Hand, Look, Sighting], Fixed]


def fix(hand: Hand, found: Look, wanted: Sequence[Sighting]) -> list[Fixed]:
    """Fix what is wanted, and return what came of each; raises Refused when nothing may be fixed now."""
    if not wanted:
        return []
    with hand.control() as control:
        ask(control, BeginFixes(ids=tuple(seen.id for seen in wanted)))
    done = _each(_FIXES, hand, found, wanted)
    with hand.control() as control:
        ask(control, RecordFixes(fixes=tuple(done)))
    return done


def rehearse(hand: Hand, found: Look, wanted: Sequence[Sighting]) -> list[Fixed]:
    """Return what would be done, and do nothing."""
    return _each(_REHEARSALS, hand, found, wanted)


def _each(how: Mapping[Fix, _Do], hand: Hand, found: Look, wanted: Sequence[Sighting]) -> list[Fixed]:
    once: dict[tuple[Fix, str], Fixed] = {}
    done = []
    for seen in wanted:
        # Two problems that ask for room are fixed by the same room.
        key = seen.fix, seen.subject if seen.fix is Fix.RERUN else ""
        if key not in once:
            try:
                once[key] = how[seen.fix](hand, found, seen)
            except MidwatchError as error:
                once[key] = Fixed(id=seen.id, ok=False, text=str(error))
        same = once[key]
        done.append(Fixed(id=seen.id, ok=same.ok, text=same.text, freed_bytes=same.freed_bytes))
    return done


def _room(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    return _said(seen, _make_room(hand, found, dry_run=False), "removed")


def _room_there(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    return _said(seen, _make_room(hand, found, dry_run=True), "to remove")


def _make_room(hand: Hand, found: Look, *, dry_run: bool) -> Room:
    facts = found.facts
    keep_s = facts.settings.problems.keep_builds_s
    return make_room(hand.workspace(), facts.view.builds.values(), facts.now, keep_s, dry_run=dry_run)


def _said(seen: Sighting, room: Room, what: str) -> Fixed:
    text = f"{many(len(room.folders), 'folder')} of old builds {what}, {size(room.bytes)}"
    text += f"; left: {'; '.join(room.left)}" if room.left else ""
    return Fixed(id=seen.id, ok=bool(room.folders), text=text, freed_bytes=room.bytes)


def _prune(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    with hand.control(timeout_s=_LONG_S) as control:
        text = ask(control, PruneAudit()).text
    return Fixed(id=seen.id, ok=True, text=text, freed_bytes=found.facts.prunable_bytes)


def _prunable(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    day = oldest_kept(found.facts.settings.audit, found.facts.now)
    plan = prune.plan(hand.workspace().journal, day)
    text = f"{plan.words} to prune, {size(plan.bytes)}" if plan else "nothing to prune"
    return Fixed(id=seen.id, ok=plan is not None, text=text, freed_bytes=plan.bytes if plan else 0)


def _rerun(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    command: Command = RunSchedule(name=seen.subject, why="its last run came to nothing for a reason that passes")
    with hand.control() as control:
        return Fixed(id=seen.id, ok=True, text=ask(control, command).text)


def _runnable(hand: Hand, found: Look, seen: Sighting) -> Fixed:
    return Fixed(id=seen.id, ok=True, text=f"{seen.subject} to be run once more")


_FIXES: Mapping[Fix, _Do] = {Fix.ROOM: _room, Fix.PRUNE: _prune, Fix.RERUN: _rerun}
_REHEARSALS: Mapping[Fix, _Do] = {Fix.ROOM: _room_there, Fix.PRUNE: _prunable, Fix.RERUN: _runnable}
