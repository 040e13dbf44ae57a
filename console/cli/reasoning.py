"""Why each task stands where it does, by the same rules that the engine asks."""

from console.cli import shapes
from engine.facts import gather, rules_of
from engine.policy.gate import judge
from state.model.task import Task
from state.model.verdict import Stance, Verdict
from state.model.view import View
from state.settings import Settings


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

    def first(self, ordered: list[Task]) -> tuple[Task, Verdict] | None:
        """The task that starts first: nothing stands against it, or else only what passes by itself."""
        fallback = None
        for task in ordered:
            verdict = self.verdict(task)
            if verdict.stance is Stance.ALLOW:
                return task, verdict
            if verdict.stance is Stance.WAIT and fallback is None:
                fallback = task, verdict
        return fallback
