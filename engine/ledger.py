"""What the engine keeps in mind about the tables, so that a decision never walks over all of them."""

from engine.schedule.waiting import Waiting
from engine.telemetry.history import History
from state.journal import Entry
from state.model.build import Build, Reviewing
from state.model.task import Held, Task
from state.store import Store


class Ledger:
    """Indexes that follow the store: who waits, which builds occupy a slot, what past ones came to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.rebuild()

    def rebuild(self) -> None:
        """Forget everything and read the tables again."""
        self.waiting = Waiting(self._store.tasks.values())
        self._history: History | None = None
        # What holds it may be gone: the settings were changed while no engine ran, or what it depends on changed in a
        # moment whose own consequences were never written.
        self.waiting.judge_again(task for task in self._store.tasks.values() if isinstance(task.state, Held))
        self._occupying: dict[str, Build] = {}
        self.reviewing: set[str] = set()
        self.asked_to_end: set[str] = set()
        for build in self._store.builds.values():
            self._note_build(build)

    def note(self, entry: Entry) -> None:
        """Follow a change."""
        for record in entry.records:
            if isinstance(record, Task):
                self.waiting.update(record)
            elif isinstance(record, Build):
                self._note_build(record)
                if self._history is not None:
                    self._history.note(record)

    @property
    def history(self) -> History:
        """What past builds came to; built when it is first asked for."""
        if self._history is None:
            self._history = History(self._store.tasks, self._store.builds.values())
        return self._history

    def occupying(self) -> tuple[Build, ...]:
        """The builds that take a slot."""
        return tuple(self._occupying.values())

    def unfinished(self) -> tuple[Build, ...]:
        """The builds that are not over."""
        waiting = (self._store.builds[build_id] for build_id in self.reviewing)
        return (*self._occupying.values(), *waiting)

    def _note_build(self, build: Build) -> None:
        if build.occupies:
            self._occupying[build.id] = build
        else:
            self._occupying.pop(build.id, None)
        if isinstance(build.state, Reviewing):
            self.reviewing.add(build.id)
        else:
            self.reviewing.discard(build.id)
        if not build.over and (build.kill_by or build.fail_by):
            self.asked_to_end.add(build.id)
        else:
            self.asked_to_end.discard(build.id)
