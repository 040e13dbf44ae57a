"""Why a change was made: no change of state is written without one."""

from collections.abc import Mapping

from state.model.record import Noun

ENGINE = "engine"
"""The actor of what the engine decides by itself. Operators are `operator:<user>`."""


POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "approval_asked": ("ask the operator", "start it unasked", "hold it"),
    "anomaly_seen": ("write it down", "let it pass unseen"),
    "branch_moved": ("verify it anew on the branch as it is now", "merge what was verified before"),
    "breaker_closed": ("let builds start again", "keep it open"),
    "breaker_opened": ("start nothing more of this kind for a while, and ask", "go on trying"),
    "breaker_tried": ("let one build try whether it is mended", "wait longer"),
    "built_ahead": ("queue it ahead", "wait until somebody asks for it"),
    "build_decided": ("start now", "leave it in the queue"),
    "build_failed": ("try again after a while", "give up and ask"),
    "build_given_up": ("give up and ask", "try once more"),
    "build_held": ("freeze it and ask", "let it go on", "kill it"),
    "build_lost": ("ask what happened", "run it again", "count it as failed"),
    "build_stalled": ("ask, and let it go on", "kill it"),
    "build_stopped": ("put the task back in the queue", "count it as failed"),
    "context_changed": ("go by the kind of time that it is now", "go by the one before"),
    "deciding_failed": ("decide nothing more, and ask", "go on deciding"),
    "kill_decided": ("kill it", "let it go on"),
    "merge_blocked": ("wait with the merge, and ask", "merge over what stands in the way"),
    "merge_started": ("merge it", "ask for a review first"),
    "observe_prolonged": ("observe for longer", "go live"),
    "pattern_noted": ("keep it in mind", "take it for chance"),
    "review_asked": ("ask for a review", "merge it unasked"),
    "schedule_missed": ("let this time pass", "make it up"),
    "schedule_started": ("run it now", "let this time pass"),
    "schedule_would_run": ("write down that it would run", "run it now"),
    "signal_asked": ("ask the operator", "act on it unasked", "write it down only"),
    "signal_logged": ("write it down only", "ask the operator"),
    "signal_queued": ("queue the task that it asks for", "ask the operator first", "write it down only"),
    "task_held": ("hold it until it is mended", "ask the operator"),
    "task_released": ("put it back in the queue", "leave it where it waits"),
    "window_closed": ("stop it until its window opens again", "let it go on"),
    "would_start": ("write down that it would start", "start now", "leave it in the queue"),
}
"""What is possible where the engine decides on one of these actions; the first is what the action stands for."""


class Reason(Noun, frozen=True, kw_only=True):
    """Who did what, why, what else was possible and how sure it was."""

    actor: str
    action: str
    """A past-tense event in snake case, such as `build_started`."""
    why: str
    label: str = ""
    """The task it is about, if any."""
    build: str = ""
    """The build it is about, if any."""
    options: tuple[str, ...] = ()
    """What was possible, in words; the first of them was chosen."""
    known: tuple[tuple[str, str], ...] = ()
    """What it was decided upon: names with values, both in words."""
    confidence: float | None = None
    """0.0 to 1.0; None where a fixed rule decided."""
