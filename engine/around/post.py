"""Takes in the signals that wait: each is read, decided upon, and only then cleared away."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from engine.clock import Clock
from engine.desk.signals.taking import ASIDE, LATER
from engine.intake.tasks import IntakeError, parse_tasks
from engine.reports import memory
from engine.safety.privacy.ward import ward
from engine.signals import asking
from engine.signals.inbox import Arrived, Bad, Inbox
from state.errors import MidwatchError
from state.files import Workspace
from state.model import command as c
from state.model.escalation import Urgency
from state.model.record import Noun
from state.model.signals.signal import SignalType
from state.model.task import Spec
from state.settings import Settings
from state.zones import zone_of

Submit = Callable[[c.Command], Awaitable[c.Reply]]
"""Asks whoever holds the record; what the answer tells of is durable."""

PAGE = "Signals"
"""The title of the entry in the day's page of memory."""


class NotTaken(MidwatchError):
    """What waits could not be decided upon; it waits on."""


class Handled(Noun, frozen=True, kw_only=True):
    """A signal that was taken."""

    id: str
    type: str
    priority: Urgency
    source: str
    handling: str
    outcome: str


class Taken(Noun, frozen=True, kw_only=True):
    """What came of one round."""

    handled: tuple[Handled, ...] = ()
    bad: tuple[Bad, ...] = ()
    unfinished: int = 0
    """Files that somebody may still be writing."""
    later: str = ""
    """Why the rest has to wait, in words; empty where nothing does."""


class Later(NotTaken):
    """There were too many of late; what waits is taken another time."""


class Post:
    """The signals of one workspace."""

    def __init__(self, workspace: Workspace, settings: Settings, clock: Clock, submit: Submit) -> None:
        self._workspace = workspace
        self._settings = settings
        self._clock = clock
        self._submit = submit
        self._inbox = Inbox(workspace)

    async def take(self, *, urgent: bool = False) -> Taken:
        """Take what waits, or only what is urgent, and set aside what is no signal.

        Raises NotTaken and OSError; what was not taken then waits on.
        """
        handled: list[Handled] = []
        bad: list[Bad] = []
        unfinished = 0
        later = ""
        moved = True
        while moved:
            moved = False
            found = await asyncio.to_thread(self._inbox.look)
            unfinished = found.unfinished
            for one in found.bad:
                if await self._set_aside(one):
                    bad.append(one)
                    moved = True
            for arrived in found.arrived:
                if urgent and arrived.told.signal.priority is not Urgency.URGENT:
                    continue
                try:
                    answer = await self._take(arrived)
                except Later as error:
                    later, moved = str(error), False
                    break
                if isinstance(answer, Bad):
                    bad.append(answer)
                moved |= isinstance(answer, Bad | Handled)
                handled += [answer] if isinstance(answer, Handled) else []
        taken = Taken(handled=tuple(handled), bad=tuple(bad), unfinished=unfinished, later=later)
        if handled or bad or not urgent:
            await asyncio.to_thread(self._keep, taken)
        return taken

    async def _take(self, arrived: Arrived) -> Handled | Bad | None:
        """Have one signal decided upon and clear it away; None where another was quicker."""
        scrubber = ward(self._workspace)
        signal = arrived.told.signal
        if scrubber.found(signal.id) or scrubber.found(signal.label):
            one = Bad(arrived.name, "id: it tells of a person, or holds a secret: give it another")
            return one if await self._set_aside(one) else None
        signal = msgspec.structs.replace(
            signal,
            source=scrubber.text(signal.source),
            text=scrubber.text(signal.text),
            said=scrubber.text(signal.said),
        )
        spec, unfit = await asyncio.to_thread(self._task, arrived)
        reply = await self._submit(c.TakeSignal(signal=signal, spec=spec, unfit=unfit))
        if not reply.ok:
            raise NotTaken(f"the signal {signal.id} is not taken: {reply.text}")
        handling, _, outcome = reply.text.partition(": ")
        if handling == LATER:
            raise Later(outcome)
        if handling == ASIDE:
            one = Bad(arrived.name, outcome)
            return one if await self._set_aside(one) else None
        note = {"at": self._clock.now(), "handling": handling, "outcome": outcome}
        if not await asyncio.to_thread(self._inbox.clear, arrived, note):
            return None
        return Handled(
            id=signal.id,
            type=signal.kind,
            priority=signal.priority,
            source=signal.source,
            handling=handling,
            outcome=outcome,
        )

    async def _set_aside(self, one: Bad) -> bool:
        """Tell the operator of what is no signal, and move it; False where another was quicker."""
        reply = await self._submit(c.SetAside(name=one.name.encode(errors="replace").decode(), why=one.why))
        if not reply.ok:
            raise NotTaken(f"{one.name} is not set aside: {reply.text}")
        return await asyncio.to_thread(self._inbox.set_aside, one) is not None

    def _task(self, arrived: Arrived) -> tuple[Spec | None, str]:
        """Return the task that a signal asks for, or why there is none, in words; neither where it asks for none."""
        if arrived.told.signal.type is not SignalType.SPAWN_AGENT:
            return None, ""
        line = msgspec.json.encode(asking.fields(arrived.told.payload)).decode()
        zone = zone_of(self._settings.time.zone)
        try:
            (spec,) = parse_tasks(
                line,
                "jsonl",
                "payload",
                base=self._workspace.root,
                added_by="signal",
                zone=zone,
                scrubber=ward(self._workspace),
            )
        except IntakeError as error:
            return None, "; ".join(f"{one.key}: {one.text}" if one.key else one.text for one in error.problems)
        return spec, ""

    def _keep(self, taken: Taken) -> None:
        """Add what was done to the day's page, and let go of what was handled long ago."""
        now = self._clock.now()
        self._inbox.expire(now, self._settings.signals.keep_s)
        lines = [f"{one.type} from {one.source or 'somebody'} ({one.id}): {one.outcome}" for one in taken.handled]
        lines += [f"no signal, set aside: {one.name}: {one.why}" for one in taken.bad]
        if lines:
            scrubber = ward(self._workspace)
            local = now.astimezone(zone_of(self._settings.time.zone))
            memory.add(self._workspace, local, PAGE, [scrubber.text(line) for line in lines])
