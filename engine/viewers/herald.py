"""Tells viewers what is so: the whole, what changed once that is durable, what the engine says of itself."""

from collections.abc import Callable, Mapping

import msgspec

from engine.clock import Clock
from engine.viewers import picture
from engine.viewers.bus import Bus, Subscription
from state.journal import Entry
from state.model.brakes.usage import Usage
from state.model.progress import Progress
from state.model.view import EngineInfo, Record, View
from state.store import Store


class Herald:
    """On the engine's loop only. Whatever it tells has passed the store's door, as the record has."""

    def __init__(self, store: Store, clock: Clock, info: EngineInfo) -> None:
        self._store = store
        self._clock = clock
        self._info = info
        self._bus = Bus(lambda: (store.number, clock.now()))
        self._unpublished: list[Record] = []
        self.usage: Callable[[], tuple[Usage, ...]] = lambda: ()
        """How much of each limit is taken, to the moment; whoever counts that puts it here."""
        self.progress: Mapping[str, Progress] = {}
        """What running builds say of themselves; whoever listens to them puts it here."""

    @property
    def info(self) -> EngineInfo:
        """What the engine said of itself last."""
        return self._info

    def view(self) -> View:
        """Return a picture of everything that stays as it is."""
        return picture.whole(self._store, self._clock.now(), self._told(), self.progress)

    def picture(self) -> View:
        """Return a view over the live tables, for a plan that is made and gone before anything changes."""
        return picture.live(self._store, self._clock.now(), self._told(), self.progress)

    def subscribe(self) -> Subscription:
        """Open a stream of what changes, which begins with everything."""
        return self._bus.subscribe(self.view())

    def follow(self) -> Subscription:
        """Open a stream of what changes from now on, for somebody who has no need of what was before."""
        return self._bus.follow()

    def note(self, entry: Entry) -> None:
        """Keep a change until it is durable."""
        self._unpublished += entry.records

    def publish(self) -> None:
        """Tell what was noted, now that it is durable."""
        changes, self._unpublished = self._unpublished, []
        self._bus.publish(changes)

    def forget(self) -> None:
        """Drop what was noted and then taken back: that was never told."""
        self._unpublished.clear()

    def tell(self, progress: Progress) -> None:
        """Tell how far a build is."""
        self._bus.publish([progress])

    def set_info(self, **changes: object) -> None:
        """Say something else of the engine; told only where it differs from what was said."""
        info = msgspec.structs.replace(self._info, **changes)
        if info != self._info and (info := self._store.door.clean(info)) != self._info:
            self._info = info
            self._bus.publish([info])

    def _told(self) -> EngineInfo:
        return msgspec.structs.replace(self._info, limits=self.usage(), waits=self._store.waits)
