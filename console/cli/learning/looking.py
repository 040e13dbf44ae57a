"""One look for problems: gathered, judged and put on record."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from console.cli.base import Hand, ask
from console.cli.reasoning import Judge
from engine.clock import SystemClock
from engine.learning.problems import history
from engine.learning.problems.facts import Facts
from engine.learning.problems.gather import gather
from engine.learning.problems.judging import judge
from state.model import task as t
from state.model.learning.commands import NoteProblems
from state.model.learning.problem import Kind, Problem, Sighting

if TYPE_CHECKING:
    from state.files import Workspace


class Look(NamedTuple):
    """What one look saw."""

    facts: Facts
    seen: tuple[Sighting, ...]
    """The worst first."""
    looked: tuple[Kind, ...]
    """The kinds that could be judged."""


def look(hand: Hand) -> Look:
    """Look at the machine, the workspace and the record; nothing is written down. Raises MidwatchError and OSError."""
    workspace, settings = hand.workspace(), hand.settings()
    with hand.control() as control:
        view = control.view()
    judged = Judge(view, settings)
    waiting = (task.label for task in view.tasks.values() if isinstance(task.state, t.Queued))
    starts = {label: found.starts_at for label in waiting if (found := judged.forecasts.get(label))}
    now = SystemClock().now()
    facts = gather(workspace, view, settings, now, starts, history.load(workspace))
    return Look(facts, *judge(facts))


def note(hand: Hand, found: Look) -> str:
    """Put on record what a look saw, and keep its figures; returns what is new and what is gone, in words."""
    _remember(hand.workspace(), found.facts)
    with hand.control() as control:
        return ask(control, NoteProblems(seen=found.seen, looked=found.looked)).text


def _remember(workspace: "Workspace", facts: Facts) -> None:
    history.keep(workspace, history.add(facts.samples, facts.sample))


def known(hand: Hand) -> list[Problem]:
    """Return the rows of all problems there ever were, those that are there now first and the worst of them first."""
    with hand.control() as control:
        return ordered(control.view().problems.values())


def ordered(rows: Iterable[Problem]) -> list[Problem]:
    """Return rows as they are listed."""
    return sorted(rows, key=lambda row: (not row.open, row.seen.severity.rank, row.id))
