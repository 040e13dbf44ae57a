"""Builds that are over, for the tests of what they tell."""

from datetime import timedelta
from typing import Any

from state.model import build as b
from state.model import task as t
from state.model.escalation import Escalation, EscalationKind, Urgency
from state.model.view import View
from tests.making import NOON, a_build, a_task

YES, NO = b.Check(result=b.Result.YES), b.Check(result=b.Result.NO)


class Past:
    """What is gathered into a view."""

    def __init__(self) -> None:
        self.tasks: dict[str, t.Task] = {}
        self.builds: dict[str, b.Build] = {}
        self.escalations: dict[str, Escalation] = {}

    def ran(
        self,
        label: str,
        ending: str = "done",
        *,
        hours: float = 1.0,
        attempt: int = 1,
        estimate: float | None = None,
        category: t.Category = t.Category.DOCUMENTATION,
        command: str = "true",
        **told: Any,
    ) -> b.Build:
        """One build of a task, which ran for so many hours; `told` are fields of the build."""
        spec = {"category": category, "hours": estimate, "repo": told.get("repo", ""), "command": command}
        self.tasks.setdefault(label, a_task(label, **spec))
        end = NOON + timedelta(hours=hours)
        made = a_build(
            f"{label}-{attempt}", b.Finished(ending=ending, text="", at=end), started_at=NOON, ended_at=end, **told
        )
        self.builds[made.id] = made
        return made

    def asked(self, kind: EscalationKind, label: str, build: str = "") -> None:
        """A question about a task."""
        number = f"e{len(self.escalations)}"
        self.escalations[number] = Escalation(
            id=number, type=kind, priority=Urgency.LOW, text="", created_at=NOON, label=label, build=build
        )

    @property
    def view(self) -> View:
        """All of it."""
        return View(at=NOON + timedelta(days=1), tasks=self.tasks, builds=self.builds, escalations=self.escalations)
