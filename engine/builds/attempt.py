"""One build's life, from an empty folder to its outcome, resumable at every step."""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable

import msgspec

from engine.builds import leavings
from engine.builds.comparison import Comparison
from engine.builds.confining import confine, lease
from engine.builds.outcome import Outcome
from engine.builds.vigil import Vigil
from engine.hall import Hall
from engine.safety import kill_switch
from engine.safety.kill import killed
from engine.safety.privacy.ward import ward
from engine.safety.processes import Identity
from engine.work import delivery, process, verify, workspace
from engine.work.output import last_words
from engine.work.trees.authors import authors
from state.files import BuildPaths, MidwatchError
from state.model import build as b
from state.model import task as t
from state.model.brakes.hold import Hold
from state.model.brakes.reversal import Deed
from state.model.mode import Mode
from state.model.moves import held_s, move_build, move_task, release
from state.model.progress import Progress
from state.store import StoreFailed


class Attempt:
    """Drives one build through its states. Whatever it does is written down before it is done."""

    def __init__(self, hall: Hall, build_id: str, *, adopted: bool = False) -> None:
        self.id = build_id
        self._hall = hall
        self._adopted = adopted
        self._paths: BuildPaths = hall.workspace.build(build_id)
        self._outcome = Outcome(hall, build_id)
        self._files: tuple[str, ...] | None = None
        """What a build without a repository left; None while nobody has looked."""
        self._verified_tree = ""
        self._vigil: Vigil | None = None
        self._killed_by = ""
        self._steps: dict[type, Callable[[], Awaitable[None]]] = {
            b.Preparing: self._prepare,
            b.Starting: self._start,
            b.Running: self._wait,
            b.Ended: self._collect,
            b.Checking: self._check,
            b.Reviewing: self._check,
            b.Delivering: self._deliver,
        }

    @property
    def build(self) -> b.Build:
        """The build's present form."""
        return self._hall.build(self.id)

    @property
    def task(self) -> t.Task:
        """Its task's present form."""
        return self._hall.task(self.build.label)

    async def run(self) -> None:
        """Go on from where the journal says it stands until it is over or waits for the operator."""
        if self.build.repo and self._hall.settings.privacy.authors:
            ward(self._hall.workspace).meet(await authors(self.build.repo))
        while not self.build.over:
            try:
                await self._step()
                if not isinstance(self.build.state, b.Running):
                    self._heed_operator()
                if not self._only_reads:
                    await self._hall.durable()
            except StoreFailed:
                if not self._hall.trouble:
                    raise
                await self._hall.healthy()
                self._adopted = True
                continue
            self._adopted = False
            if isinstance(self.build.state, b.Reviewing):
                return

    @property
    def _only_reads(self) -> bool:
        """Whether the next step does nothing in the world and never waits, so that one sync will do for both."""
        state = self.build.state
        if self.build.repo or self.task.spec.verify:
            return False
        return isinstance(state, b.Checking) or (isinstance(state, b.Ended) and self._files is not None)

    async def _step(self) -> None:
        try:
            await self._steps[type(self.build.state)]()
        except StoreFailed:
            raise
        except (MidwatchError, OSError) as error:
            # What was refused because of a kill is no failure of the build's.
            self._heed_operator()
            if not self.build.over:
                self._outcome.failed(str(error))

    @property
    def stands_still(self) -> bool:
        """Whether its processes are frozen, and nothing of it goes on before the operator answers."""
        return self._vigil is not None and self._vigil.stands_still

    def hold(self, hold: Hold) -> None:
        """Freeze its processes and ask the operator; nothing to do for one that does not run."""
        if self._vigil is not None:
            self._vigil.hold(hold)

    def used(self, calls: int, micro: int) -> None:
        """Count API calls that were made for it while it runs, and the micro-dollars that they cost."""
        if self._vigil is not None:
            self._vigil.used(calls, micro)

    def answered(self) -> None:
        """Go on if the operator's answer says so."""
        if self._vigil is not None:
            self._vigil.nudge()

    def killed_unrecorded(self, by: str) -> None:
        """Take note of a kill that could not be written down before it was carried out."""
        self._killed_by = by

    @property
    def _killer(self) -> str:
        """Who wants it dead, in words; empty when nobody does."""
        by = self.build.kill_by or self._killed_by
        stopped = self.build.occupies and kill_switch.engaged(self._hall.workspace)
        return by or ("the kill switch" if stopped else "")

    def _withdrawn(self) -> bool:
        """Whether the operator wants nothing more of it."""
        return self.build.over or bool(self._killer or self.build.fail_by)

    def _heed_operator(self) -> None:
        """End here if the operator asked for it in the meantime."""
        by = self._killer
        if self.build.over:
            return
        if by:
            self._outcome.killed(f"killed by {by}")
        elif self.build.fail_by:
            self._outcome.failed(self.build.fail_by)

    async def _prepare(self) -> None:
        build = self.build
        await asyncio.to_thread(workspace.clear, self._paths)
        prepared = await workspace.prepare(
            self._paths, build.repo, build.branch, label=build.label, sandboxed=build.sandboxed
        )
        build = self.build  # which may carry a kill by now
        if self._withdrawn():
            return
        starting = move_build(
            build, b.Starting(token=self._hall.seats.reserve(build.id)), base=prepared.base, branch=prepared.branch
        )
        made = f"made from {prepared.base[:12]} of {prepared.branch}" if build.repo else "made empty"
        self._hall.stage([starting], "workspace_ready", made, build)

    async def _start(self) -> None:
        build = self.build
        assert isinstance(build.state, b.Starting)
        token = build.state.token
        if self._adopted:
            found = process.find(self._paths, token)
            if found is not None:
                self._running(found, "found running after a restart of the engine")
                return
            if process.started(self._paths):
                await self._ended("ended while no engine ran")
                return
        if not build.repo:
            if not self._adopted and os.path.lexists(self._paths.root):
                await asyncio.to_thread(workspace.clear, self._paths)
            workspace.prepare_empty(self._paths)
        confinement = await lease(self._hall, await confine(self._hall, self.id, token))
        await self._hall.seats.ensure(self.id, token)
        if self._withdrawn():
            return
        seat = self._hall.seats.claim(self.id, token)
        identity = process.spawn(confinement, self._paths, self._hall.machine, seat)
        self._running(identity, "its command was started")

    def _running(self, identity: Identity, why: str) -> None:
        build = self.build
        assert isinstance(build.state, b.Starting)
        running = b.Running(
            token=build.state.token, pid=identity.pid, start_ticks=identity.start_ticks, boot=identity.boot
        )
        moved = move_build(build, running, started_at=build.started_at or self._hall.clock.now())
        self._hall.stage([moved], "build_started", why, build)

    async def _wait(self) -> None:
        state = self.build.state
        assert isinstance(state, b.Running)
        identity = Identity(pid=state.pid, start_ticks=state.start_ticks, boot=state.boot)
        self._vigil = Vigil(self._hall, self.id, self._outcome, adopted=self._adopted)
        try:
            progress = await self._vigil.over(identity)
        finally:
            self._vigil = None
        await self._ended("its command ended", progress)
        if progress.cut_bytes:
            self._outcome.note(f"{progress.cut_bytes:,} bytes of output were cut")

    async def _ended(self, why: str, progress: Progress | None = None) -> None:
        """Its processes are gone: say what came of it, as far as that can be proven."""
        code, did, self._files = await asyncio.to_thread(leavings.read, self._paths, repo=bool(self.build.repo))
        self._note_reports(did)
        build = self.build if progress is None else leavings.counted(self.build, progress)
        now = self._hall.clock.now()
        ran_s = (now - (build.started_at or build.created_at)).total_seconds() - held_s(build, now)
        if self._withdrawn():
            self._heed_operator()
        elif code != 0 and killed(self._paths) is not None:
            # The supervisor may still have had the time to write down the signal as an exit code.
            self._outcome.killed("killed while the engine did not answer")
        elif code is None and process.out_of_time(self._paths):
            self._outcome.over_limit("run_s", ran_s, build.limits.time_s)
        elif code is None and not process.started(self._paths):
            self._outcome.failed(f"its sandbox did not start: {last_words(self._paths)}")
        elif code is None:
            self._outcome.unknown("it ended without an exit status: it, or the machine, was stopped from outside")
        elif code != 0:
            text = f"exit code {code}: {last_words(self._paths)}"
            self._outcome.failed(text, executed=b.Check(result=b.Result.NO, text=text, at=now))
        else:
            executed = b.Check(result=b.Result.YES, text="exit code 0", at=now)
            ended = release(move_build(build, b.Ended(exit_code=0), executed=executed, percent=100), now)
            answered = self._hall.questions.answer(build.label, "it ended", now) if build.hold else ()
            self._hall.stage([ended, *answered], "build_ended", why, build)

    def _note_reports(self, did: tuple[Deed, ...]) -> None:
        """Write down what it said that it did outside, however it ended: that is what `undo` may have to take back."""
        build = self.build
        if did and not build.did:
            names = ", ".join(deed.name for deed in did)
            self._hall.stage([msgspec.structs.replace(build, did=did)], "action_reported", names, build)

    async def _collect(self) -> None:
        build = self.build
        if build.repo:
            collected = await workspace.collect(self._paths, build.base, self.task.spec.title, build.id)
            changes = {
                "result": collected.result,
                "digest": collected.digest,
                "files_changed": collected.files_changed,
                "notes": (*build.notes, *collected.notes),
            }
        else:
            files = self._files
            if files is None:
                files = await asyncio.to_thread(workspace.deliverables, self._paths)
            changes = {"deliverables": files, "files_changed": len(files)}
        build = msgspec.structs.replace(self.build, **changes)
        checking = move_build(build, b.Checking(candidate=build.result))
        why = f"{build.files_changed} files changed"
        self._hall.stage([*self._task_verifying(), checking], "result_collected", why, build)
        self._outcome.note_beyond()
        Comparison(self._hall, self.id).ended()

    def _task_verifying(self) -> list[t.Task]:
        task = self.task
        return [] if isinstance(task.state, t.Verifying) else [move_task(task, t.Verifying(build=self.id))]

    async def _check(self) -> None:
        """Bring the result onto the branch's present tip and verify exactly what would be merged."""
        build = self.build
        if build.fail_by:
            return
        candidate: delivery.Candidate | None = None
        if build.repo and build.result:
            found = await delivery.candidate(self._paths, self._order())
            if self._withdrawn():
                return
            if isinstance(found, delivery.Conflict):
                self._outcome.blocked(f"merge conflict in {', '.join(found.paths)}")
                return
            candidate = found
        if not await self._verified(candidate):
            return
        build = self.build
        if candidate is None:
            self._outcome.done("no changes" if build.repo or not build.deliverables else self._deliverables())
        elif self._outcome.needs_review() and not build.approved:
            self._outcome.ask_for_review()
        elif self._hall.store.control.mode is Mode.OBSERVE:
            self._outcome.blocked("observe mode: nothing is merged until `midwatch mode live`")
        else:
            delivering = move_build(build, b.Delivering(old=candidate.tip, new=candidate.commit))
            why = f"into {build.branch} on {candidate.tip[:12]}"
            verified = build.verified.text or build.verified.result
            known = (("verified", verified), ("approved", "yes" if build.approved else "nobody had to"))
            self._hall.stage([*self._task_verifying(), delivering], "merge_started", why, build, known=known)

    def _deliverables(self) -> str:
        count = len(self.build.deliverables)
        return f"{count} deliverable{'s' if count != 1 else ''}"

    def _order(self) -> delivery.Order:
        build, task = self.build, self.task
        git = self._hall.settings.git
        return delivery.Order(
            repo=build.repo,
            branch=build.branch,
            base=build.base,
            result=build.result,
            title=task.spec.title,
            label=build.label,
            build=build.id,
            name=git.name,
            email=git.email,
        )

    async def _verified(self, candidate: delivery.Candidate | None) -> bool:
        """Whether the candidate passes its verify command in a fresh sandbox; a tree is verified once."""
        build, task = self.build, self.task
        tree = candidate.tree if candidate else "unchanged"
        if tree == self._verified_tree and build.verified.result in (b.Result.YES, b.Result.NONE):
            return True
        now = self._hall.clock.now
        if not task.spec.verify:
            check = b.Check(result=b.Result.NONE, text="no verify command", at=now())
        else:
            checking = move_build(build, b.Checking(candidate=candidate.commit if candidate else ""))
            self._hall.stage([*self._task_verifying(), checking], "verify_started", task.spec.verify, build)
            await self._hall.durable()
            report = await verify.run(
                self._hall.workspace.verification(build.id),
                self._paths,
                candidate.commit if candidate else build.base if build.repo else "",
                await confine(self._hall, self.id, secrets.token_hex(16)),
                task.spec.verify,
                self._hall.machine,
                self._withdrawn,
            )
            if report is None or self._withdrawn():
                return False
            if report.cut_bytes:
                self._outcome.note(f"{report.cut_bytes:,} bytes of its verification's output were cut")
            if not report.passed:
                text = f"verify failed: {report.text}"
                self._outcome.failed(text, verified=b.Check(result=b.Result.NO, text=report.text, at=now()))
                return False
            check = b.Check(result=b.Result.YES, text=report.text, at=now())
        self._verified_tree = tree
        self._hall.stage([msgspec.structs.replace(self.build, verified=check)], "verified", check.text, build)
        return True

    async def _deliver(self) -> None:
        build = self.build
        state = build.state
        assert isinstance(state, b.Delivering)
        async with self._hall.branch(build.repo):
            if self._adopted:
                await delivery.recover(build.repo, build.branch, state.old, state.new)
            answer = await delivery.deliver(self._paths, build.repo, build.branch, state.old, state.new)
        if isinstance(answer, delivery.Delivered):
            self._outcome.delivered(state.new)
        elif isinstance(answer, delivery.Blocked):
            self._outcome.blocked(answer.text)
        else:
            back = move_build(self.build, b.Checking(candidate=state.new))
            self._hall.stage([back], "branch_moved", f"{build.branch} is no longer at {state.old[:12]}", build)
