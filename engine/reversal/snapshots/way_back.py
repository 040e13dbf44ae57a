"""A whole restore: first what is there is kept, then all is prepared, and one entry of the record decides."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, cast

import msgspec

from engine.clock import Clock
from engine.reversal.snapshots import earlier, restore
from engine.reversal.snapshots.earlier import Moment
from engine.reversal.snapshots.restore import NotRestored, Plan
from engine.reversal.snapshots.vault import JOURNAL, Manifest, SnapshotsBusy, Vault
from state import line as lines
from state import records, segments
from state.errors import MidwatchError
from state.files import Lock, Workspace
from state.keeping import erasures, exchange, prune, putting_back
from state.model import command as c
from state.model.brakes.safekeeping import Kind, Safekeeping
from state.model.control import Control
from state.model.escalation import Escalation
from state.model.reason import Reason
from state.model.task import Task
from state.model.view import Record, View
from state.model.when.schedule import ScheduleState
from state.store import Store


class Part(StrEnum):
    """What of a snapshot is restored."""

    ALL = "all"
    FILES = "files"
    STATE = "state"


class Ready(NamedTuple):
    """A restore that is prepared; nothing of it has taken effect."""

    plan: Plan
    before: Manifest
    command: c.Restore


def prepare(
    vault: Vault,
    wanted: Manifest,
    *,
    now: datetime,
    by: str,
    why: str,
    folders: Sequence[str],
    part: Part,
    to: Moment | None,
    view: View | None,
) -> Ready:
    """Keep what is there as a snapshot of its own, and prepare everything. Under the snapshots' lock.

    `view` is what is known now; None where the record itself is to be replaced. Raises NotRestored, NoSnapshot and
    ObjectDamaged, with nothing changed.
    """
    workspace = vault.workspace
    restore.drop(workspace)
    name = wanted.snapshot.id
    entries = vault.entries(wanted)
    both = tuple(dict.fromkeys((*folders, *wanted.roots[JOURNAL + 1 :])))
    before = vault.create(now, by, Kind.RESTORE, f"before {name} was restored", both)
    mark = restore.fresh_mark()
    try:
        restore.stage_of(workspace).mkdir(mode=0o700)
        files = entries if part is not Part.STATE else ()
        plan = restore.prepare(vault, mark, wanted, before, files, vault.entries(before) if files else ())
        command = c.Restore(mark=mark, snapshot=name, before=before.snapshot.id, why=why)
        if part is not Part.FILES and wanted.snapshot.seq:
            was = exchange.prepared(workspace)
            earlier.lay(vault.objects, entries, was, wanted.image)
            seq = wanted.snapshot.seq
            if to is not None:
                seq = earlier.bring_to(was, workspace.journal if view else None, to).seq
            then = earlier.tables(was)
            command = msgspec.structs.replace(command, seq=seq)
            if view is not None:
                command = _with_state(command, view, then)
    except OSError as error:
        restore.drop(workspace)
        raise NotRestored(f"nothing was restored: {error.filename or ''}: {error.strerror or error}") from error
    except BaseException:
        restore.drop(workspace)
        raise
    return Ready(plan, before, command)


def _with_state(command: c.Restore, view: View, then: Mapping[str, Mapping[str, object]]) -> c.Restore:
    tasks = cast(Mapping[str, Task], then["tasks"])
    questions = cast(Mapping[str, Escalation], then["escalations"])
    schedules = cast(Mapping[str, ScheduleState], then["schedules"])
    return msgspec.structs.replace(
        command,
        tasks=tuple(task for label, task in tasks.items() if view.tasks.get(label) != task),
        later=tuple(label for label in view.tasks if label not in tasks),
        questions=tuple(question for question in questions.values() if question.open),
        control=cast(Control, then["control"].get("control", Control())),
        paused=tuple(state.name for state in schedules.values() if state.paused),
    )


def exchange_record(vault: Vault, ready: Ready, clock: Clock, by: str) -> str:
    """Put the snapshot's record in the place of one that cannot be used, and say so in it; returns what was done.

    The old one is set aside. Nothing starts before `midwatch resume`. Under the snapshots' lock; raises WorkspaceBusy
    where an engine runs.
    """
    workspace, command = vault.workspace, ready.command
    with Lock(workspace):
        with Store.open(exchange.prepared(workspace), clock) as store:
            control = putting_back.control(store.control, None)
            aside = exchange.aside(workspace, command.mark)
            words = f"the record of {command.snapshot} up to entry {store.number}, and its files; paused until"
            words = f"{words} `midwatch resume`; the record that was there is in {aside}"
            known = (
                ("snapshot", command.snapshot),
                ("before it", command.before),
                ("the record's end before", _end(ready.before)),
                ("the record's end", f"{store.number}:{store.head}"),
            )
            reason = Reason(actor=by, action="restored", why=words, known=known)
            tasks = _beyond_builds(store.tasks.values(), workspace)
            store.commit([Safekeeping(restored=command.mark), control, *tasks], reason)
            _own_up(store, command.snapshot, by)
        exchange.begin(workspace, command.mark)
        try:
            exchange.settle(workspace)
        except OSError as error:
            raise NotRestored(f"{error.filename}: {error.strerror}: mend it; the next start goes on with it") from error
    return f"restored: {words}"


def _own_up(store: Store, snapshot: str, by: str) -> None:
    """Put on record what was erased from a snapshot's journal, and give it something whole to stand on."""
    gone = erasures.told(store.workspace.journal).unexplained
    if gone:
        store.commit(_untold(store), erasures.reason(by, f"erased from {snapshot} before it was restored", gone))
        renewal = prune.renewal(store.workspace.journal)
        if renewal is not None:
            prune.prune(store.workspace, store, renewal, by)


def _untold(store: Store) -> list[Record]:
    """Return the records that the journal alone would not bring back as they are."""
    told: dict[tuple[str, str], Record] = {}
    for name in segments.names(store.workspace.journal):
        for raw in segments.lines(store.workspace.journal / name):
            line = lines.parse(raw)
            if not line.erased:
                for table, data in lines.body_in(line).changes:
                    row = records.decode(table, data)
                    told[table, row.key] = row
    return [row for row in store.records() if told.get((records.TABLE_OF[type(row)], row.key)) != row]


def _beyond_builds(tasks: Iterable[Task], workspace: Workspace) -> list[Task]:
    """Return the tasks that were built again since, counted so that no build gets the name of one that there is."""
    made: dict[str, int] = {}
    for path in workspace.builds.glob("*-*"):
        label, _, number = path.name.partition(".")[0].rpartition("-")
        if number.isdecimal():
            made[label] = max(made.get(label, 0), int(number))
    return [
        msgspec.structs.replace(task, attempts=made[task.label])
        for task in tasks
        if made.get(task.label, 0) > task.attempts
    ]


def _end(manifest: Manifest) -> str:
    return f"{manifest.snapshot.seq}:{manifest.snapshot.head}" if manifest.snapshot.seq else "not known: it was damaged"


def finish_pending(vault: Vault, clock: Clock) -> None:
    """Finish, or drop, what a restore left that was cut short; does nothing while one is at work.

    Raises MidwatchError.
    """
    try:
        with vault.locked(), Store.open(vault.workspace, clock, timeout_s=1.0) as store:
            done = restore.settle(vault.workspace, store.safekeeping.restored)
    except SnapshotsBusy:
        return
    if done.troubles:
        raise MidwatchError(f"a restore is not finished: {'; '.join(done.troubles)}")
