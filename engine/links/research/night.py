"""Which goals come next, and the task that looks into one of them."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime

from engine.links.research.goals import Goal
from engine.links.trouble import NotConfigured
from state.model.links.goal import BRIEFING, RESEARCH, Researched
from state.model.task import Category, Priority, Spec
from state.settings import Settings

_NEVER = datetime.min.replace(tzinfo=UTC)
_WORDS = re.compile(r"[a-z0-9]+")
_SLUG = 32
# The goal reaches the command as a variable: whatever stands in GOALS.md is no part of a command line.
_GOAL = {"": '"$MIDWATCH_TITLE"', '"': "${MIDWATCH_TITLE}", "'": """'"$MIDWATCH_TITLE"'"""}
"""How it is written outside of quotes, and within either kind of them."""
_PIECE = re.compile(r"""\{goal\}|\{out\}|\\.|["']|[^{\\"']+|.""", re.DOTALL)
_VERIFY = f"test -s {BRIEFING} && test ! -L {BRIEFING}"


def command(settings: Settings) -> str:
    """Return the command line that looks into a goal, for the shell; raises NotConfigured."""
    template = settings.research.command
    if not template:
        raise NotConfigured(
            "nothing looks into goals yet: write under [research] in midwatch.toml, for instance, "
            "command = 'agent -p {goal} > {out}' (docs/operations.md shows how)"
        )
    quote, pieces = "", []
    for piece in _PIECE.findall(template):
        if piece in ("'", '"') and quote in ("", piece):
            quote = "" if quote else piece
        if piece.startswith("\\") and quote == "'":
            # Within these a backslash is one, and the quote behind it ends them.
            quote = "" if piece.endswith("'") else quote
        pieces.append({"{goal}": _GOAL[quote], "{out}": BRIEFING}.get(piece, piece))
    return "".join(pieces)


def pick(goals: Sequence[Goal], known: Mapping[str, Researched], most: int) -> tuple[Goal, ...]:
    """Return the goals whose turn it is: those never looked into, then the ones for which that is longest ago."""

    def last(goal: Goal) -> tuple[datetime, int]:
        before = known.get(goal.key)
        return (before.at, before.times) if before is not None else (_NEVER, 0)

    return tuple(sorted(goals, key=last)[:most])


def waiting(goal: Goal, known: Mapping[str, Researched], unfinished: Collection[str]) -> bool:
    """Whether the latest task about a goal has not ended: another would only stand behind it."""
    return goal.key in known and known[goal.key].label in unfinished


def spec(goal: Goal, day: date, settings: Settings, taken: Collection[str]) -> Spec:
    """Return the task that looks into a goal. Raises NotConfigured."""
    return Spec(
        label=_label(goal, day, taken),
        title=goal.text,
        description=f"Look into this goal of the operator's, and write to {BRIEFING}, as Markdown, what helps to reach "
        "it: what is known, what others do, what to do next, and where each of it is from.",
        criteria=(f"{BRIEFING} holds a briefing on the goal that names where what it says is from",),
        priority=Priority.MEDIUM,
        category=Category.RESEARCH,
        hours=settings.research.hours,
        command=command(settings),
        verify=_VERIFY,
        source=RESEARCH,
    )


def _label(goal: Goal, day: date, taken: Collection[str]) -> str:
    slug = ""
    for word in _WORDS.findall(goal.text.lower()):
        if len(slug) + len(word) > _SLUG:
            break
        slug = f"{slug}-{word}" if slug else word
    slug = slug or goal.key[:8]
    label = first = f"research-{day:%m%d}-{slug}"
    number = 1
    while label in taken:
        number += 1
        label = f"{first}-{number}"
    return label
