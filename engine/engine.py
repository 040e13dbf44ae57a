"""The engine: one loop that turns commands, ended builds and due times into recorded decisions."""

import asyncio
import concurrent.futures
import logging
import os
from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from engine import picture
from engine.around import pages
from engine.around.failsafe import Failsafe
from engine.around.hours import Hours
from engine.around.logs import Logs
from engine.around.mode import ModeKeeper
from engine.around.rates import Rates
from engine.around.rollouts import Rollouts
from engine.builds.roster import Roster
from engine.bus import Bus, Subscription
from engine.clock import Clock
from engine.deeds import Deeds
from engine.desk.desk import Desk
from engine.facts import gather, rules_of
from engine.hall import Hall
from engine.ledger import Ledger
from engine.nursery import Nursery
from engine.outside import Outside
from engine.questions import Questions
from engine.reversal.undo import Undo
from engine.rounds.alarm import Alarm
from engine.rounds.rounds import Rounds
from engine.safety import crash, kill_switch
from engine.safety.kill import KillReport
from engine.safety.stop_watch import StopWatch
from engine.schedule import planner
from engine.work.sandbox import Machine
from state.files import MidwatchError, Workspace
from state.journal import Entry
from state.model import command as c
from state.model.progress import Progress
from state.model.view import EngineInfo, Record, View
from state.settings import Settings
from state.store import Store, StoreFailed

log = logging.getLogger("midwatch.engine")

_TRY_AGAIN_S = 1.0
"""How long after a failed write the next one is tried."""

_SEATS = 2
"""How many builds can begin at the same moment without waiting for a control group."""


class Engine:
    """`submit`, `view` and `subscribe` are all that a face may use. Everything else is private to its loop."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        settings: Settings,
        clock: Clock,
        machine: Machine,
        mode: str,
        command: Sequence[str] = (),
    ) -> None:
        """`command` is what the command lines of schedules are put behind, to run them in processes of their own."""
        self._workspace = workspace
        self._store = store
        self._settings = settings
        self._clock = clock
        self._mode = mode
        self._rules = rules_of(settings)
        self._info = EngineInfo(
            pid=os.getpid(), mode=mode, started_at=clock.now(), slots=settings.queue.slots, sandbox=machine.trouble
        )
        questions = Questions(store)
        self._hall = Hall(workspace, store, questions, settings, clock, machine, self._wake, self._publish_progress)
        self._desk = Desk(store, settings, clock, questions)
        self._ledger = Ledger(store)
        self._hall.history = lambda: self._ledger.history
        self._nursery = Nursery(self._broken)
        self._roster = Roster(self._hall, self._ledger, self._nursery, self._wake)
        self._rounds = Rounds(self._hall, self._nursery, command)
        self._outside = Outside(self._hall, self._desk, self._ledger, self._set_info, self._apply)
        self._hours = Hours(self._hall, self._ledger, self._nursery, self._set_info)
        self._logs = Logs(self._hall, self._nursery, self._set_info)
        self._undo = Undo(self._hall, self._nursery, self._desk)
        self._deeds = Deeds(
            self._hall, self._roster, self._ledger, self._hours, self._outside, self._undo, self._rounds, self._set_info
        )
        self._keeper = ModeKeeper(self._hall, self._desk)
        self._rates = Rates(self._hall, self._roster, self._ledger, self._set_info)
        self._failsafe = Failsafe(self._hall, self._desk, self._ledger)
        self._rollouts = Rollouts(self._hall, self._desk, self._ledger)
        self._bus = Bus(lambda: (self._store.number, self._clock.now()))
        self._inbox: list[tuple[c.Request, asyncio.Future[c.Reply]]] = []
        self._scheduled = False
        self._closed = False
        self._unpublished: list[Record] = []
        self._alarm: Alarm | None = None
        self._leaving = asyncio.Event()
        self._draining = False
        self._until_idle = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self.failed = ""
        """Why it had to end, in words; empty when it ended as it was told to."""
        store.listeners.append(self._staged)

    def submit(self, request: c.Request) -> "concurrent.futures.Future[c.Reply]":
        """Ask for something from any thread; the reply comes once what it changed is durable."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(self.ask(request), self._loop)

    async def ask(self, request: c.Request) -> c.Reply:
        """The same on the engine's own loop."""
        try:
            await self._deeds.before(request)
        except MidwatchError as error:
            return c.Reply(ok=False, text=str(error), code=error.code, number=self._store.number)
        answer: asyncio.Future[c.Reply] = asyncio.get_running_loop().create_future()
        self._inbox.append((request, answer))
        self._wake()
        reply = await answer
        if not reply.ok:
            return reply
        try:
            return await self._deeds.do(request, reply)
        except MidwatchError as error:
            return c.Reply(ok=False, text=f"{reply.text}; but {error}", code=error.code, number=self._store.number)

    def view(self) -> View:
        """Return a picture of everything. On the engine's loop only."""
        return picture.whole(self._store, self._clock.now(), self._told(), self._roster.progress)

    def subscribe(self) -> Subscription:
        """Open a stream of what changes, which begins with everything. On the engine's loop only."""
        return self._bus.subscribe(self.view())

    async def run(self, *, until_idle: bool = False, ready: Callable[[], None] = lambda: None) -> None:
        """Adopt what an engine before this one left, then work until told to leave (or, if asked, until idle)."""
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._wake)
        self._until_idle = until_idle
        self._deeds.watch = watch = StopWatch(
            self._workspace, self._stop_from_thread, self._clock, self._stop_from_thread
        )
        watch.start()
        try:
            self._outside.heed_stop_file()
            self._nursery.start(self._outside.run(), "the watch on the operator's files")
            await self._hours.begin()
            self._logs.apply(self._settings)
            self._roster.adopt()
            self._undo.adopt()
            self._rounds.begin()
            kept = pages.keep(self._workspace, self.subscribe(), self.view, self._ledger, lambda: self._roster.busy)
            self._nursery.start(kept, "the progress pages")
            self._nursery.start(self._deeds.keeping.run(), "the keeping of the record")
            self._nursery.start(self._hall.seats.keep(min(self._settings.queue.slots, _SEATS)), "the seats")
            self._wake()
            ready()
            await self._leaving.wait()
        finally:
            watch.close()
            await self._nursery.close()
            self._hall.seats.close()
            self._alarm.close()
            self._closed = True
            if self._leaving.is_set() and not self.failed:
                crash.farewell(self._workspace, self._store)
            self._store.close()

    def leave(self) -> None:
        """End now; running builds go on and are adopted by the next engine. On the engine's loop only."""
        self._leaving.set()

    def drain(self) -> None:
        """Start nothing more, end when nothing runs. On the engine's loop only."""
        self._draining = True
        self._wake()

    def go_headless(self) -> None:
        """Go on without a screen until nothing more can start by itself. On the engine's loop only."""
        self._set_info(mode="headless")
        self._until_idle = True
        self._wake()

    def _wake(self) -> None:
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        """Everything that has come up: decided, made durable with one sync, and only then acted on."""
        self._scheduled = False
        inbox, self._inbox = self._inbox, []
        if self._closed:
            # A signal or a call that came too late.
            self._refuse(inbox, "the engine has ended: ask again")
            return
        starts: list[str] = []
        rounds: list[str] = []
        try:
            self._failsafe.begin()
            replies = [(self._answer(request), answer) for request, answer in inbox]
            if not self._failsafe.manual:
                with self._failsafe.edge("deciding what starts"):
                    self._decide(starts, rounds)
                    self._failsafe.well()
            self._store.flush()
        except StoreFailed as error:
            self._store_failed(error, inbox)
            return
        self._publish_changes()
        self._recovered()
        for reply, answer in replies:
            if not answer.done():
                answer.set_result(reply)
        for build_id in starts:
            self._roster.begin(build_id)
        for name in rounds:
            self._rounds.start(name)
        self._roster.carry_out_kills()
        if self._stopped:
            self._rounds.kill()
        with self._failsafe.edge("looking ahead"):
            self._set_timer()
            if self._settled():
                self._leaving.set()

    def _answer(self, request: c.Request) -> c.Reply:
        """Stage what a command asks for; what fails in an unforeseen way is refused, but a kill is carried out."""
        with self._failsafe.edge(f"answering {type(request.command).__name__}"):
            return self._desk.handle(request)
        if isinstance(request.command, c.Kill | c.KillAll):
            self._nursery.start(self._deeds.kill_unrecorded(request), "kill without an answer")
        text = "the engine failed to answer, and decides nothing more: `midwatch status` says what failed"
        return c.Reply(ok=False, text=text, code=1, number=self._store.number)

    def _decide(self, starts: list[str], rounds: list[str]) -> None:
        """Stage what the plan wants; add the builds and schedules to begin once that is durable, one by one."""
        self._keeper.look()
        self._rollouts.look()
        self._hours.look()
        self._rates.look()
        now, occupying = self._clock.now(), self._ledger.occupying()
        facts = gather(self._picture(), self._settings, now, occupying, self._hours.spans, self._rates.usual)
        if self._draining:
            facts = msgspec.structs.replace(facts, paused=True)
        if not facts.stopped and kill_switch.engaged(self._workspace):
            # The file counts from the moment that it is there; the watch on it kills before it tells.
            facts = msgspec.structs.replace(facts, stopped=True)
        intents = planner.plan(
            self._picture(),
            facts,
            self._rules,
            waiting=self._ledger.waiting,
            again=self._ledger.waiting.take_again(),
            deliverable=self._roster.deliverable(),
        )
        for intent in intents:
            build = self._roster.record(intent, self._desk)
            if build is not None:
                starts.append(build)
        if self._may_start:
            for name in self._rounds.decide():
                rounds.append(name)  # noqa: PERF402 - what was staged before a failure is begun all the same

    @property
    def _stopped(self) -> bool:
        return self._store.control.stopped or self._info.stop_file

    @property
    def _may_start(self) -> bool:
        return not (self._stopped or self._store.control.paused or self._draining)

    def _picture(self) -> View:
        """A view over the live tables, for a plan that is made and gone before anything changes."""
        return picture.live(self._store, self._clock.now(), self._told(), self._roster.progress)

    def _told(self) -> EngineInfo:
        """What the engine says of itself, to the moment."""
        return msgspec.structs.replace(self._info, limits=self._rates.usage())

    def _staged(self, entry: Entry) -> None:
        self._ledger.note(entry)
        self._rounds.note(entry)
        self._unpublished += entry.records
        log.info(entry.reason.action, extra={"entry": entry.reason, "seq": entry.seq})

    def _publish_changes(self) -> None:
        """Tell viewers what is durable: what is taken back was never told."""
        changes, self._unpublished = self._unpublished, []
        self._bus.publish(changes)

    def _publish_progress(self, progress: Progress) -> None:
        progress = self._store.door.clean(progress)
        if self._roster.take_progress(progress):
            self._rates.take(progress)
            self._bus.publish([progress])

    def _stop_from_thread(self, reports: tuple[KillReport, ...] = ()) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._outside.heed_stop_file)

    def _apply(self, settings: Settings) -> None:
        """Go by settings that were saved while it ran."""
        self._settings = settings
        self._rules = rules_of(settings)
        self._hours.apply(settings)
        self._logs.apply(settings)
        self._desk.common.orders.settings = settings
        self._rounds.take_settings()

    def _set_info(self, **changes: object) -> None:
        info = msgspec.structs.replace(self._info, **changes)
        if info != self._info and (info := self._store.door.clean(info)) != self._info:
            self._info = info
            self._bus.publish([info])

    def _store_failed(self, error: StoreFailed, inbox: list[tuple[c.Request, "asyncio.Future[c.Reply]"]]) -> None:
        """Nothing was recorded, so nothing is done: say so, kill what must die all the same, and try again later."""
        log.error("not recorded: %s", error)
        self._failsafe.store_failed(str(error))
        self._set_info(trouble=str(error))
        questions = Questions(self._store)
        self._hall.questions = self._desk.common.questions = questions
        self._ledger.rebuild()
        self._rounds.rebuild()
        self._unpublished.clear()
        for request, _ in inbox:
            if isinstance(request.command, c.Kill | c.KillAll):
                self._nursery.start(self._deeds.kill_unrecorded(request), "kill without a record")
        self._refuse(inbox, str(error), error.code)
        self._hall.flushed(error)
        if not error.final:
            self._sleep(_TRY_AGAIN_S)
        elif not self._leaving.is_set():
            self.failed = str(error)
            self._leaving.set()

    def _refuse(self, inbox: list[tuple[c.Request, "asyncio.Future[c.Reply]"]], text: str, code: int = 1) -> None:
        for _, answer in inbox:
            if not answer.done():
                answer.set_result(c.Reply(ok=False, text=text, code=code, number=self._store.number))

    def _recovered(self) -> None:
        self._failsafe.recovered()
        troubled = bool(self._hall.trouble)
        self._hall.flushed()
        if troubled:
            self._set_info(trouble="")
            self._outside.heed_stop_file()
            self._nursery.start(self._outside.run(), "the watch on the operator's files")

    def _broken(self, name: str, error: BaseException) -> None:
        """A part of the engine failed in a way nobody foresaw: say so where the operator looks."""
        log.error("%s failed", name, exc_info=error)
        self._set_info(trouble=f"{name} failed: {error!r}; see the engine's log")
        # Not at once: what fails again and again must not keep the loop from everything else.
        asyncio.get_running_loop().call_later(_TRY_AGAIN_S, self._wake)

    def _set_timer(self) -> None:
        if self._failsafe.manual:
            self._sleep(None)
            return
        now = self._clock.now()
        moments = (
            self._next_due(now),
            self._hours.next_change(),
            self._keeper.next_change(),
            self._rates.next_change(),
        )
        due = min((moment for moment in moments if moment is not None), default=None)
        self._sleep(None if due is None else (due - now).total_seconds() + 0.001)

    def _next_due(self, now: datetime) -> datetime | None:
        """The next moment at which something may start by itself."""
        moments = [self._roster.next_due(now)]
        if self._may_start:
            moments += [self._rounds.next_due(), self._rates.next_start(self._picture())]
        return min((due for due in moments if due is not None), default=None)

    def _sleep(self, at_most_s: float | None) -> None:
        """Come back after a time at the latest; None waits for what comes up."""
        if self._alarm is not None:
            self._alarm.set(at_most_s)

    def _settled(self) -> bool:
        """Whether it should end: drained, or idle when that was asked for."""
        if self._scheduled or self._inbox or self._roster.busy or self._rounds.busy or self._undo.busy:
            return False
        if self._draining or (self._until_idle and self._failsafe.manual):
            return True
        if not self._until_idle or self._next_due(self._clock.now()) is not None:
            return False
        return not self._hours.awaited(self._picture())
