"""The fields of the task that a signal asks for, as an operator would write them."""

from collections.abc import Mapping
from typing import Any

_OWN = frozenset({"confidence", "impact", "text", "message", "reason", "summary", "task"})
"""What a payload says of the signal, and not of the task."""
_LONGEST_TITLE = 200


def fields(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return them: those of an object `task`, or of the payload itself, whose `task` may be a text for a title.

    Of such a text the first line is the title, and all of it is what is wanted.
    """
    task = payload.get("task")
    if isinstance(task, dict):
        return dict(task)
    found = {key: value for key, value in payload.items() if key not in _OWN}
    if isinstance(task, str) and task.strip():
        if not found.keys() & {"title", "name"}:
            found["title"] = task.strip().partition("\n")[0][:_LONGEST_TITLE]
        if not found.keys() & {"description", "desc"}:
            found["description"] = task
    return found
