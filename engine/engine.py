"""The engine: one loop that turns commands, ended builds and due times into recorded decisions."""

import asyncio
import concurrent.futures
import logging
import os
from collections.abc import Callable, Sequence

from engine.agenda import Agenda
from engine.around import pages
from engine.around.failsafe import Failsafe
from engine.around.logs import Logs
from engine.around.urgent import Urgent
from engine.builds.roster import Roster
from engine.clock import Clock
from engine.deeds import Deeds
from engine.desk.desk import Desk
from engine.hall import Hall
from engine.nursery import Nursery
from engine.outside import Outside
from engine.reversal.undo import Undo
from engine.rounds.alarm import Alarm
from engine.rounds.rounds import Rounds
from engine.safety import crash
from engine.safety.kill import KillReport
from engine.safety.stop_watch import StopWatch
from engine.viewers.bus import Subscription
from engine.viewers.herald import Herald
from engine.work.sandbox import Machine
from state.files import MidwatchError, Workspace
from state.journal import Entry
from state.model import command as c
from state.model.progress import Progress
from state.model.view import EngineInfo, View
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
        self._clock = clock
        started = clock.now()
        self._herald = herald = Herald(
            store,
            clock,
            EngineInfo(
                pid=os.getpid(), mode=mode, started_at=started, slots=settings.queue.slots, sandbox=machine.trouble
            ),
        )
        self._hall = Hall(workspace, store, settings, clock, machine, self._wake, self._publish_progress)
        self._desk = Desk(store, settings, clock, self._hall.questions)
        self._nursery = Nursery(self._broken)
        self._roster = Roster(self._hall, self._nursery)
        self._rounds = Rounds(self._hall, self._nursery, command)
        self._agenda = Agenda(self._hall, self._desk, self._nursery, self._roster, self._rounds, herald)
        herald.progress, herald.usage = self._roster.progress, self._agenda.rates.usage
        self._outside = Outside(self._hall, self._desk, herald.set_info, self._apply)
        self._urgent = Urgent(self._hall, self._nursery, self.ask)
        self._outside.signalled = self._urgent.look
        self._logs = Logs(self._hall, self._nursery, herald.set_info)
        self._undo = Undo(self._hall, self._nursery, self._desk)
        self._deeds = Deeds(
            self._hall, self._roster, self._agenda.hours, self._outside, self._undo, self._rounds, herald.set_info
        )
        self._failsafe = Failsafe(self._hall, self._desk)
        self._inbox: list[tuple[c.Request, asyncio.Future[c.Reply]]] = []
        self._scheduled = False
        self._closed = False
        self._alarm: Alarm | None = None
        self._leaving = asyncio.Event()
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
        return self._herald.view()

    def subscribe(self) -> Subscription:
        """Open a stream of what changes, which begins with everything. On the engine's loop only."""
        return self._herald.subscribe()

    async def run(self, *, until_idle: bool = False, ready: Callable[[], None] = lambda: None) -> None:
        """Adopt what an engine before this one left, then work until told to leave (or, if asked, until idle)."""
        self._loop = asyncio.get_running_loop()
        self._alarm = Alarm(self._wake)
        self._agenda.until_idle = until_idle
        self._deeds.watch = watch = StopWatch(
            self._workspace, self._stop_from_thread, self._clock, self._stop_from_thread
        )
        watch.start()
        try:
            self._outside.heed_stop_file()
            self._nursery.start(self._outside.run(), "the watch on the operator's files")
            await self._agenda.hours.begin()
            self._logs.apply(self._hall.settings)
            self._roster.adopt()
            self._undo.adopt()
            self._rounds.begin()
            self._urgent.look()
            kept = pages.keep(
                self._workspace, self._herald.follow(), self.view, self._hall.ledger, lambda: self._roster.busy
            )
            self._nursery.start(kept, "the progress pages")
            self._nursery.start(self._deeds.keeping.run(), "the keeping of the record")
            self._nursery.start(self._hall.seats.keep(min(self._hall.settings.queue.slots, _SEATS)), "the seats")
            self._wake()
            ready()
            await self._leaving.wait()
        finally:
            watch.close()
            self._urgent.close()
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
        self._agenda.draining = True
        self._wake()

    @property
    def frozen(self) -> tuple[str, ...]:
        """The builds that stand still and wait for the operator, also once it has ended."""
        return tuple(build.id for build in self._hall.ledger.unfinished() if build.hold is not None)

    def go_headless(self) -> None:
        """Go on without a screen until nothing more can start by itself. On the engine's loop only."""
        self._herald.set_info(mode="headless")
        self._agenda.until_idle = True
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
                    self._agenda.decide(starts, rounds)
                    self._failsafe.well()
            self._store.flush()
        except StoreFailed as error:
            self._store_failed(error, inbox)
            return
        self._herald.publish()
        self._recovered()
        for reply, answer in replies:
            if not answer.done():
                answer.set_result(reply)
        for build_id in starts:
            self._roster.begin(build_id)
        for name in rounds:
            self._rounds.start(name)
        self._roster.carry_out_kills()
        if self._agenda.stopped:
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

    def _staged(self, entry: Entry) -> None:
        self._rounds.note(entry)
        self._herald.note(entry)
        log.info(entry.reason.action, extra={"entry": entry.reason, "seq": entry.seq})

    def _publish_progress(self, progress: Progress) -> None:
        progress = self._store.door.clean(progress)
        if self._roster.take_progress(progress):
            self._agenda.rates.take(progress)
            self._herald.tell(progress)

    def _stop_from_thread(self, reports: tuple[KillReport, ...] = ()) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._outside.heed_stop_file)

    def _apply(self, settings: Settings) -> None:
        """Go by settings that were saved while it ran."""
        self._agenda.apply(settings)
        self._logs.apply(settings)
        self._desk.common.orders.settings = settings
        self._rounds.take_settings()

    def _store_failed(self, error: StoreFailed, inbox: list[tuple[c.Request, "asyncio.Future[c.Reply]"]]) -> None:
        """Nothing was recorded, so nothing is done: say so, kill what must die all the same, and try again later."""
        log.error("not recorded: %s", error)
        self._failsafe.store_failed(str(error))
        self._herald.set_info(trouble=str(error))
        self._hall.rebuild()
        self._desk.common.questions = self._hall.questions
        self._rounds.rebuild()
        self._herald.forget()
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
            self._herald.set_info(trouble="")
            self._outside.heed_stop_file()
            self._nursery.start(self._outside.run(), "the watch on the operator's files")

    def _broken(self, name: str, error: BaseException) -> None:
        """A part of the engine failed in a way nobody foresaw: say so where the operator looks."""
        log.error("%s failed", name, exc_info=error)
        self._herald.set_info(trouble=f"{name} failed: {error!r}; see the engine's log")
        # Not at once: what fails again and again must not keep the loop from everything else.
        asyncio.get_running_loop().call_later(_TRY_AGAIN_S, self._wake)

    def _set_timer(self) -> None:
        due = None if self._failsafe.manual else self._agenda.next_look()
        self._sleep(None if due is None else (due - self._clock.now()).total_seconds() + 0.001)

    def _sleep(self, at_most_s: float | None) -> None:
        """Come back after a time at the latest; None waits for what comes up."""
        if self._alarm is not None:
            self._alarm.set(at_most_s)

    def _settled(self) -> bool:
        """Whether it should end: drained, or idle when that was asked for."""
        if self._scheduled or self._inbox or self._undo.busy or self._urgent.busy:
            return False
        return self._agenda.exhausted(manual=self._failsafe.manual)
