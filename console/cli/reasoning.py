"""Why each task stands where it does, by the same rules that the engine asks."""

from typing import NamedTuple

from console.cli import shapes
from engine.facts import gather, rules_of
from engine.policy.gate import judge
from state.model.task import Task
from state.model.verdict import Stance, Verdict
from state.model.view import View
from state.settings import Settings


class Choice(NamedTuple):
    """The task that starts next, and those ahead of it in the queue that cannot."""

    task: Task
    verdict: Verdict
    passed: tuple[tuple[Task, Verdict], ...]


class Judge:
    """Judges the tasks of one view; the facts are gathered once for all of them."""

    def __init__(self, view: View, settings: Settings) -> None:
        self._view = view
        self._facts = gather(view, settings, view.at)
        self._rules = rules_of(settings)

    def verdict(self, task: Task) -> Verdict:
        """What every rule says on a task at this moment."""
        return judge(task, self._view, self._facts, self._rules)

    def reasons(self, task: Task) -> list[shapes.Value]:
        """Why it is where it is: for one that waits every rule's answer, for others their state's own words."""
        if isinstance(task.state, shapes.WAITING):
            return shapes.reasons(self.verdict(task).findings)
        return shapes.of_state(task)

    def choose(self, ordered: list[Task]) -> "Choice | None":
        """Return the task that starts first: one that nothing stands against, or else only what passes by itself."""
        fallback = None
        passed: list[tuple[Task, Verdict]] = []
        for task in ordered:
            verdict = self.verdict(task)
            if verdict.stance is Stance.ALLOW:
                return Choice(task, verdict, tuple(passed))
            if verdict.stance is Stance.WAIT and fallback is None:
                fallback = Choice(task, verdict, tuple(passed))
            passed.append((task, verdict))
        return fallback
