"""The sections on windows, contexts and holidays, and what they say when nothing is written there."""

from typing import Any

from state import units
from state.model.task import Priority
from state.model.when.context import Context, ContextRule
from state.model.when.window import Window
from state.settings.forms import Key
from state.settings.values import Settings
from state.settings.week import CLOCK, DAYS, OPENING

_H = 3600.0

BUILT_IN = {
    window.name: window
    for window in (
        Window(
            name="quick_win", days=(0, 1, 2, 3, 4), start_min=19 * 60, end_min=23 * 60, priority=30,
            context=Context.AVAILABLE, longest_s=2 * _H,
        ),
        Window(
            name="overnight", start_min=23 * 60, end_min=7 * 60, priority=50,
            context=Context.SLEEPING, longest_s=6 * _H,
        ),
        Window(
            name="work", days=(0, 1, 2, 3, 4), start_min=9 * 60, end_min=17 * 60, priority=20,
            context=Context.WORKING, longest_s=8 * _H, lowest=Priority.HIGH,
        ),
        Window(
            name="weekend", days=(5, 6), start_min=0, end_min=24 * 60, priority=40,
            context=Context.WEEKEND, longest_s=12 * _H,
        ),
        Window(
            name="off_hours", start_min=22 * 60, end_min=6 * 60, priority=10,
            context=Context.SLEEPING, longest_s=8 * _H,
        ),
    )
}  # fmt: skip
"""The windows that `[windows] defaults = true` switches on, and that a section of the same name begins with."""

CONTEXTS = {
    **{context: ContextRule() for context in Context},
    Context.WORKING: ContextRule(intensity=50),
    Context.MEETING: ContextRule(intensity=0),
}
"""What each context allows when the settings do not say."""


def _percent(value: Any) -> int:
    number = units.count(0).read(value)
    if number > 100:
        raise ValueError(f"expected a share from 0 to 100, not {number}")
    return int(number)


WINDOWS = (
    Key(
        "defaults",
        "defaults",
        units.TRUTH,
        "Whether the windows below count as they stand. Without any, any time is fine.",
    ),
)
WINDOW = (
    Key("enabled", "enabled", units.TRUTH, "Whether it counts."),
    Key("days", "days", DAYS, "On which days it opens."),
    Key("from", "start_min", OPENING, "When it opens, by your clock."),
    Key("to", "end_min", CLOCK, "When it closes; at or before the opening is on the next day."),
    Key("priority", "priority", units.count(0), "Where windows overlap, the highest counts."),
    Key("context", "context", units.choice(Context), "What you are at while it counts."),
    Key("longest", "longest_s", units.LASTING, "Tasks that are estimated longer wait for another window."),
    Key("lowest", "lowest", units.choice(Priority), "The lowest priority that starts in it. High starts at any time."),
)
NEEDED = ("from", "to")
"""What a window of the operator's own must say."""
CONTEXT = (
    Key("intensity", "intensity", units.Kind(_percent, str), "How much of [queue] slots may be used, in percent."),
    Key("slots", "slots", units.count(0), "Builds at the same time, in place of that share."),
)


def context_rules(settings: Settings) -> dict[Context, ContextRule]:
    """Return what every context allows."""
    return {**CONTEXTS, **settings.contexts}


def rows() -> list[list[tuple[str, str]]]:
    """Return the commented lines about all this, in paragraphs of lines with their explanations."""
    first = True
    found = [[("# [windows]", "When tasks start."), (f"# defaults = {units.TRUTH.show(False)}", WINDOWS[0].help)]]
    for window in BUILT_IN.values():
        lines = [(f"# [windows.{window.name}]", "")]
        for key in WINDOW:
            value = True if key.name == "enabled" else getattr(window, key.field)
            lines.append((f"# {key.name} = {key.kind.show(value)}", key.help if first else ""))
        found.append(lines)
        first = False
    for context, rule in CONTEXTS.items():
        lines = [(f"# [contexts.{context}]", "")]
        lines.append((f"# intensity = {rule.intensity}", CONTEXT[0].help if context is Context.AVAILABLE else ""))
        if context is Context.WORKING:
            lines.append(("# slots = 1", CONTEXT[1].help))
        found.append(lines)
    found.append(
        [
            ("# [holidays]", "Dates on which other windows open."),
            ('# 2026-12-25 = "sun"', "It counts as a Sunday."),
            ('# 2026-12-31 = "off"', "No window opens on it."),
            ('# 2026-12-24 = { work = "off", overnight = "20:00-09:00" }', "By window."),
        ]
    )
    return found
