"""Carries out the taking back of builds: first on the branch, then outside, each step on record before it is done."""

import asyncio
import os
import shlex
from typing import NamedTuple

import msgspec

from engine.desk.back.undoing import merged_as
from engine.desk.desk import Desk
from engine.hall import Hall
from engine.nursery import Nursery
from engine.policy.times import who
from engine.reversal import revert
from engine.reversal.reported import data_of
from engine.work import delivery, programs
from engine.work.trees import salvage
from state.errors import MidwatchError
from state.journal import Entry
from state.model import build as b
from state.model import command as c
from state.model import task as t
from state.model.brakes.reversal import Compensation, Deed, Reversal
from state.model.escalation import EscalationKind
from state.model.moves import move_task
from state.model.view import Record
from state.store import StoreFailed
from state.text import one_line

ASIDE = "undone"
"""Where the files of a build without a repository go, beside the folder that they were in."""
_TRIES = 5
_NAMED = 5
_WORDS = 200


class NotUndone(MidwatchError):
    """Something stands in the way; nothing was touched."""


class Ending(NamedTuple):
    """What came of it, in words."""

    ok: bool
    text: str


class Undo:
    """On the engine's loop only."""

    def __init__(self, hall: Hall, nursery: Nursery, desk: Desk) -> None:
        self._hall = hall
        self._desk = desk
        self._nursery = nursery
        self._running: dict[str, asyncio.Task[Ending]] = {}

    @property
    def busy(self) -> bool:
        """Whether something is being taken back."""
        return bool(self._running)

    def adopt(self) -> None:
        """Go on with what an engine before this one, or a verb without one, has left."""
        for build in self._hall.store.builds.values():
            if build.reversal is not None:
                self._start(build.id, alone=True)

    async def recall(self, what: str) -> None:
        """Look up what the desk will have to know of the record."""
        await asyncio.to_thread(self._desk.undoing.recall, what)

    def entry(self, seq: int) -> Entry:
        """Return an entry that was looked up."""
        return self._desk.undoing.past(seq).entry

    async def answer(self, command: c.Undo, reply: c.Reply) -> c.Reply:
        """Carry out what the desk has staged, or add to a preview what git finds."""
        build = self._desk.undoing.build(command.what)
        if build is None:
            return reply
        if command.preview:
            try:
                found = await self.preview(build)
            except MidwatchError as error:
                return msgspec.structs.replace(
                    reply, ok=False, code=1, text=f"{build.id} cannot be taken back: {error}"
                )
            return msgspec.structs.replace(reply, text="\n".join(filter(None, (reply.text, found))))
        ending = await self.carry_out(build.id)
        return msgspec.structs.replace(reply, ok=ending.ok, code=0 if ending.ok else 1, text=ending.text)

    async def preview(self, build: b.Build) -> str:
        """Say what git finds, beside what the record says; raises NotUndone or GitError where it would be refused."""
        if not merged_as(build):
            return ""
        found = await revert.inverse(self._hall.workspace.build(build.id), self._order(build, ""))
        if isinstance(found, delivery.Conflict):
            in_the_way = _conflict(build, found)
            raise NotUndone(in_the_way)
        if isinstance(found, revert.Nothing):
            return f"  {found.text}"
        more = f" and {len(found.paths) - _NAMED} more" if len(found.paths) > _NAMED else ""
        return f"  what changes there: {', '.join(found.paths[:_NAMED])}{more}"

    async def carry_out(self, build_id: str) -> Ending:
        """Take a build back whose reversal is on record; whoever waits for it may go away."""
        return await asyncio.shield(self._start(build_id))

    def _start(self, build_id: str, *, alone: bool = False) -> "asyncio.Task[Ending]":
        if build_id not in self._running:
            self._running[build_id] = self._nursery.start(self._run(build_id, alone), f"undo {build_id}")
        return self._running[build_id]

    async def _run(self, build_id: str, alone: bool) -> Ending:
        try:
            while True:
                try:
                    return await self._take_back(build_id, alone)
                except StoreFailed:
                    if not self._hall.trouble:
                        raise
                    await self._hall.healthy()
        finally:
            self._running.pop(build_id, None)
            self._hall.wake()

    async def _take_back(self, build_id: str, alone: bool) -> Ending:
        try:
            found = await self._off_the_branch(build_id)
        except StoreFailed:
            raise
        except (MidwatchError, OSError) as error:
            text = f"{build_id} was not taken back: {error}"
            await self._refused(build_id, str(error), text if alone else "")
            return Ending(False, text)
        await self._compensate(build_id)
        return await self._over(build_id, found)

    async def _off_the_branch(self, build_id: str) -> str:
        """Revert the merge, or set the files aside; return what was done. Raises NotUndone with nothing touched."""
        build = self._hall.build(build_id)
        paths = self._hall.workspace.build(build_id)
        if not merged_as(build):
            aside = paths.root / ASIDE
            if build.repo or not build.deliverables:
                return ""
            await asyncio.to_thread(salvage.withdraw, paths.work, aside)
            return f"its {len(build.deliverables)} files are in {aside}"
        async with self._hall.branch(build.repo):
            reversal = _reversal(build)
            if reversal.new and await delivery.recover(build.repo, build.branch, reversal.old, reversal.new):
                return _reverted(build, reversal.new)
            for _ in range(_TRIES):
                found = await revert.inverse(paths, self._order(build, reversal.why))
                if isinstance(found, delivery.Conflict):
                    raise NotUndone(_conflict(build, found))
                if isinstance(found, revert.Nothing):
                    if found.gone:
                        return found.text
                    raise NotUndone(found.text)
                old, new = found.candidate.tip, found.candidate.commit
                await self._decided(build_id, old, new)
                answer = await delivery.deliver(paths, build.repo, build.branch, old, new)
                if isinstance(answer, delivery.Delivered):
                    return _reverted(build, new)
                if isinstance(answer, delivery.Blocked):
                    raise NotUndone(answer.text)
        raise NotUndone(f"{build.branch} moves all the time: try again when it is quiet")

    async def _decided(self, build_id: str, old: str, new: str) -> None:
        build = self._hall.build(build_id)
        decided = msgspec.structs.replace(build, reversal=msgspec.structs.replace(_reversal(build), old=old, new=new))
        why = f"{build.branch} goes from {old[:12]} to {new[:12]}"
        self._hall.stage([decided], "revert_started", why, build)
        await self._hall.durable()

    async def _compensate(self, build_id: str) -> None:
        """Take back what was done outside, the last first; a try that was cut off is never made twice."""
        paths = self._hall.workspace.build(build_id)
        if not self._hall.build(build_id).did:
            return
        data = await asyncio.to_thread(data_of, paths)
        for at, deed in reversed(tuple(enumerate(self._hall.build(build_id).did))):
            known = self._hall.settings.compensations.get(deed.name)
            if deed.undone in ("begun", "done") or known is None:
                continue
            if deed.digest not in data:
                self._note(build_id, at, "failed", "what it reported is no longer in its output")
                continue
            self._note(build_id, at, "begun", f"`{known.run}`")
            await self._hall.durable()
            undone, text = await self._run_compensation(known, data[deed.digest], build_id)
            self._note(build_id, at, undone, text)

    async def _run_compensation(self, known: Compensation, data: bytes, build_id: str) -> tuple[str, str]:
        build = self._hall.build(build_id)
        env = {**os.environ, "MIDWATCH_TASK": build.label, "MIDWATCH_BUILD": build_id, "MIDWATCH_ACTION": known.name}
        root = self._hall.workspace.root
        try:
            words = shlex.split(known.run)
            ended = await programs.run(words, cwd=root, env=env, stdin=data, timeout_s=known.time_limit_s)
        except (programs.ProgramFailed, ValueError) as error:
            return "failed", str(error)
        said = one_line((ended.err or ended.out).decode("utf-8", "replace").strip().rpartition("\n")[2], _WORDS)
        return ("done", said) if ended.code == 0 else ("failed", f"exit code {ended.code}: {said}")

    def _note(self, build_id: str, at: int, undone: str, text: str) -> None:
        build = self._hall.build(build_id)
        deed = msgspec.structs.replace(build.did[at], undone=undone, text=text)
        changed = msgspec.structs.replace(build, did=(*build.did[:at], deed, *build.did[at + 1 :]))
        action = {"begun": "compensation_started", "done": "compensated"}.get(undone, "compensation_failed")
        self._hall.stage([changed], action, f"{deed.name}: {text}", build)

    async def _over(self, build_id: str, found: str) -> Ending:
        build, now = self._hall.build(build_id), self._hall.clock.now()
        reversal = _reversal(build)
        left = [_left(deed) for deed in reversed(build.did) if deed.undone != "done"]
        done = [f"{deed.name} is taken back" for deed in reversed(build.did) if deed.undone == "done"]
        text = "; ".join(filter(None, (found, *done, *left)))
        check = b.Check(result=b.Result.NO if left else b.Result.YES, text=text, at=now)
        over = msgspec.structs.replace(build, reversal=None, reverted=check)
        records: list[Record] = [over]
        task = self._hall.task(build.label)
        if isinstance(task.state, t.Done) and task.build == build_id:
            ended = t.Killed(build=build_id, text=f"undone by {who(reversal.by)}: {found or text}", at=now)
            records.append(move_task(task, ended))
        self._hall.stage(records, "undone" if not left else "undone_in_part", f"{reversal.why}: {text}", build)
        await self._hall.durable()
        return Ending(not left, f"{build_id}: {text}")

    async def _refused(self, build_id: str, text: str, question: str) -> None:
        build, now = self._hall.build(build_id), self._hall.clock.now()
        check = b.Check(result=b.Result.NO, text=text, at=now)
        records: list[Record] = [msgspec.structs.replace(build, reversal=None, reverted=check)]
        if question:
            kind, task = EscalationKind.DELIVERY_BLOCKED, self._hall.task(build.label)
            records.append(self._hall.questions.ask(kind, task, question, now, build=build_id))
        self._hall.stage(records, "undo_refused", text, build)
        await self._hall.durable()

    def _order(self, build: b.Build, why: str) -> revert.Takeback:
        git = self._hall.settings.git
        return revert.Takeback(
            repo=build.repo,
            branch=build.branch,
            merged=merged_as(build),
            label=build.label,
            build=build.id,
            why=why,
            name=git.name,
            email=git.email,
        )


def _reversal(build: b.Build) -> Reversal:
    assert build.reversal is not None, "only what is being taken back is carried on"
    return build.reversal


def _conflict(build: b.Build, found: delivery.Conflict) -> str:
    return f"later commits of {build.branch} changed the same places in {', '.join(found.paths)}: revert it by hand"


def _reverted(build: b.Build, commit: str) -> str:
    return f"{merged_as(build)[:12]} is reverted on {build.branch} by {commit[:12]}"


def _left(deed: Deed) -> str:
    if not deed.undone:
        return f"{deed.name} cannot be undone: no compensation is registered for {deed.name}"
    return f"{deed.name} was not taken back: {'a try was cut off' if deed.undone == 'begun' else deed.text}"
