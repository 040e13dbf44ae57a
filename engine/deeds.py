"""What a command needs done in the world, after it was recorded."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from engine.around.erasure import Erasure
from engine.around.hours import Hours
from engine.around.keeping import Keeping
from engine.around.letters import Letters
from engine.builds.roster import Roster
from engine.hall import Hall
from engine.outside import Outside
from engine.reversal.snapshots import restore
from engine.reversal.undo import Undo
from engine.rounds.rounds import Rounds
from engine.safety import kill_switch
from engine.safety.stop_watch import StopWatch
from state.model import command as c
from state.model.when.schedule import ScheduleState

Deed = Callable[[Any, str, c.Reply], Awaitable[c.Reply]]
"""Given the command, who asked and the answer so far, it acts and returns the answer that the caller gets."""


class Deeds:
    """One deed for each kind of command that needs one. On the engine's loop only."""

    def __init__(
        self,
        hall: Hall,
        roster: Roster,
        hours: Hours,
        outside: Outside,
        undo: Undo,
        rounds: Rounds,
        set_info: Callable[..., None],
    ) -> None:
        self._hall = hall
        self._roster = roster
        self._hours = hours
        self._outside = outside
        self._undo = undo
        self._rounds = rounds
        self._set_info = set_info
        self.keeping = Keeping(hall)
        self._erasure = Erasure(hall, self.keeping)
        self._letters = Letters(hall)
        self.watch: StopWatch | None = None
        """The thread that minds the STOP file, while there is one."""
        self._deeds: dict[type, Deed] = {
            c.Present: self._touched,
            c.Kill: self._killed,
            c.Approve: self._approved,
            c.Deny: self._denied,
            c.RaiseLimit: self._raised,
            c.KillAll: self._stopped,
            c.PruneAudit: self._pruned,
            c.Restore: self._restored,
            c.Erase: self._erased,
            c.Undo: self._undone,
            c.CaptainOverride: self._overruled,
        }

    async def before(self, request: c.Request) -> None:
        """Do what comes before the record; raises MidwatchError when that is not possible."""
        if isinstance(request.command, c.Undo):
            await self._undo.recall(request.command.what)
        if isinstance(request.command, c.CaptainOverride):
            await self._undo.recall(f"#{request.command.seq}")
        if not isinstance(request.command, c.Arm):
            return
        # First the file, then the record: whoever sees the file on the way still finds the switch engaged.
        # And before both the kill: one that is still under way must not end what starts afterwards.
        if self.watch is not None:
            await asyncio.to_thread(self.watch.settle)
        # What the file tells of is on record before the file goes.
        self._outside.heed_stop_file()
        await asyncio.to_thread(kill_switch.release, self._hall.workspace)
        self._set_info(stop_file=False)

    async def do(self, request: c.Request, reply: c.Reply) -> c.Reply:
        """Act on a command that is on record; raises MidwatchError when that is not possible."""
        deed = self._deeds.get(type(request.command))
        return await deed(request.command, request.actor, reply) if deed else reply

    async def kill_unrecorded(self, request: c.Request) -> None:
        """Kill what must die although that cannot be written down."""
        if isinstance(request.command, c.KillAll):
            await asyncio.to_thread(self._engage, request.command, request.actor)
        elif isinstance(request.command, c.Kill):
            await self._roster.kill_unrecorded(request.command.label, request.actor)

    async def _touched(self, command: c.Present, actor: str, reply: c.Reply) -> c.Reply:
        self._hours.touched()
        return reply

    async def _undone(self, command: c.Undo, actor: str, reply: c.Reply) -> c.Reply:
        return await self._undo.answer(command, reply)

    async def _overruled(self, command: c.CaptainOverride, actor: str, reply: c.Reply) -> c.Reply:
        entry = self._undo.entry(command.seq)
        label, build_id = entry.reason.label, entry.reason.build
        for state in entry.records:
            if isinstance(state, ScheduleState) and entry.reason.action == "schedule_started":
                self._rounds.stop(state.name)
        if label in self._hall.store.tasks:
            self._roster.answered(label)
            self._roster.hurry(label)
            self._hall.wake()
        build = self._hall.store.builds.get(build_id)
        if build is not None and build.reversal is not None:
            ending = await self._undo.carry_out(build_id)
            return msgspec.structs.replace(reply, ok=ending.ok, code=0 if ending.ok else 1, text=ending.text)
        return _said(reply, await self._roster.killed(label, reply.text)) if build is not None else reply

    async def _killed(self, command: c.Kill, actor: str, reply: c.Reply) -> c.Reply:
        return _said(reply, await self._roster.killed(command.label, reply.text))

    async def _denied(self, command: c.Deny, actor: str, reply: c.Reply) -> c.Reply:
        if self._letters.known(command.label):
            return _said(reply, await self._letters.answered(command.label, actor, reply.text))
        if command.label not in self._hall.store.tasks:
            return reply
        return _said(reply, await self._roster.killed(command.label, reply.text))

    async def _raised(self, command: c.RaiseLimit, actor: str, reply: c.Reply) -> c.Reply:
        self._roster.answered(command.label)
        return reply

    async def _approved(self, command: c.Approve, actor: str, reply: c.Reply) -> c.Reply:
        if self._letters.known(command.label):
            return _said(reply, await self._letters.answered(command.label, actor, reply.text))
        self._roster.answered(command.label)
        self._roster.hurry(command.label)
        self._hall.wake()
        return reply

    async def _stopped(self, command: c.KillAll, actor: str, reply: c.Reply) -> c.Reply:
        running = self._hall.ledger.occupying()
        await asyncio.to_thread(self._engage, command, actor)
        self._set_info(stop_file=True)
        return _said(reply, kill_switch.died(await self._roster.all_over(running)))

    async def _pruned(self, command: c.PruneAudit, actor: str, reply: c.Reply) -> c.Reply:
        return _said(reply, await self.keeping.prune(command.before, actor))

    async def _erased(self, command: c.Erase, actor: str, reply: c.Reply) -> c.Reply:
        return _said(reply, await self._erasure.erase(command.subject, actor))

    async def _restored(self, command: c.Restore, actor: str, reply: c.Reply) -> c.Reply:
        done = await asyncio.to_thread(restore.finish, self._hall.workspace, command.mark)
        return restore.told(done, reply)

    def _engage(self, command: c.KillAll, actor: str) -> None:
        kill_switch.engage(self._hall.workspace, actor, command.why, means=command.means)


def _said(reply: c.Reply, text: str) -> c.Reply:
    return msgspec.structs.replace(reply, text=text)
