"""Finds where work fails, overruns, is held or asks more often than it need, and says what to change."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from engine.learning.improving.runs import Group, Run, checked, failed_check
from engine.telemetry.odds import LEAST, middle, of_middle, wilson
from state.model.brakes import figure
from state.model.escalation import EscalationKind
from state.model.record import Noun

TOO_LONG, TOO_SHORT = 1.2, 0.6
"""Beyond these an estimate is worth correcting: how long builds take as a multiple of it."""
OFTEN = 0.25
"""What happens to more than this share of builds, surely, is worth a change."""
HARDLY = 0.3
"""What helps in less than this share, surely, is no help."""

_SETTINGS = {
    "files": ("limits.action", "files"),
    "calls": ("limits.action", "calls"),
    "spent": ("limits.action", "usd"),
    "disk_bytes": ("limits", "disk"),
    "memory_bytes": ("limits", "memory"),
    "run_s": ("limits", "time"),
    "calls_per_min": ("limits.rates", "calls_per_min"),
    "usd_per_h": ("limits.rates", "usd_per_h"),
    "files_per_h": ("limits.rates", "files_per_h"),
}
_ADVICE = {
    EscalationKind.UNCLEAR: "say what is wanted in full, with a --criterion for each thing that must be true",
    EscalationKind.BUILD_STALLED: "let the command tell its progress, or raise [tasks.LABEL] stall_after",
    EscalationKind.BUILD_UNKNOWN: "find out what ends the engine in the middle of builds: `midwatch doctor`",
    EscalationKind.DELIVERY_BLOCKED: "commit what you work on before you go: it stood in the way",
    EscalationKind.ANOMALY: "split such tasks by what they do, so that like is compared with like",
}
_WORDS = {
    EscalationKind.UNCLEAR: "were not clear enough to start",
    EscalationKind.BUILD_STALLED: "stood still",
    EscalationKind.BUILD_UNKNOWN: "were lost",
    EscalationKind.DELIVERY_BLOCKED: "could not be merged at once",
    EscalationKind.ANOMALY: "were unlike those before",
}


class Weakness(Noun, frozen=True, kw_only=True):
    """One thing that goes wrong too often in one group, by enough cases to say so."""

    kind: str
    """`overrun`, `overestimate`, `failing`, `unverified`, `retries`, `limit` or `question`."""
    by: str
    name: str
    """Of which group: `category documentation`."""
    about: str = ""
    """The figure or the kind of question, where it is about one."""
    cases: int
    n: int
    value: float
    """The share of cases; of estimates, how long builds take as a multiple of them, in the middle."""
    low: float
    high: float
    """Where that lies with 90 % confidence."""
    text: str
    advice: str


def find(groups: Sequence[Group]) -> list[Weakness]:
    """Return what is worth a change, the most cases first; nothing of fewer than five builds.

    Where the same builds make up two groups, only the first of them is told of.
    """
    found: list[Weakness] = []
    seen: set[tuple[str, str, frozenset[str]]] = set()
    for group in groups:
        members = frozenset(run.build.id for run in group.runs)
        for look in _LOOKS:
            for weakness in look(group):
                key = weakness.kind, weakness.about, members
                if key not in seen:
                    seen.add(key)
                    found.append(weakness)
    return sorted(found, key=lambda one: (-one.cases, one.kind, one.by, one.name))


def _estimates(group: Group) -> Iterator[Weakness]:
    ratios = sorted(
        run.hours / run.task.spec.hours for run in group.runs if run.ending == "done" and run.task.spec.hours
    )
    if len(ratios) < LEAST:
        return
    value = middle(ratios)
    low, high = of_middle(ratios)
    kind = "overrun" if low > TOO_LONG else "overestimate" if high < TOO_SHORT else ""
    if kind:
        beyond = [ratio for ratio in ratios if (ratio > 1 if kind == "overrun" else ratio < 1)]
        yield Weakness(
            kind=kind,
            by=group.by,
            name=group.name,
            cases=len(beyond),
            n=len(ratios),
            value=value,
            low=low,
            high=high,
            text=f"{group.said}: {len(beyond)} of {len(ratios)} builds took {_than(kind)} estimated, "
            f"x{value:.2g} in the middle (90 % sure: x{low:.2g} to x{high:.2g})",
            advice=f"estimate hours x{value:.2g} for {group.said}",
        )


def _than(kind: str) -> str:
    return "longer than" if kind == "overrun" else "less time than"


def _failures(group: Group) -> Iterator[Weakness]:
    ended = [run for run in group.runs if run.ending in ("done", "failed")]
    wanting = [run for run in ended if checked(run)]
    failed = [run for run in ended if run.ending == "failed" and not failed_check(run)]
    yield from _share(
        "failing",
        group,
        len(failed),
        len(ended),
        "builds failed before there was anything to verify",
        _why_failed(failed),
    )
    yield from _share(
        "unverified",
        group,
        sum(map(failed_check, wanting)),
        len(wanting),
        "results did not pass their verify command",
        "tell the command what the verify command asks for, or have it run that itself before it ends",
    )


def _why_failed(failed: Sequence[Run]) -> str:
    """Return what to do, with the commonest way of failing."""
    told = Counter(run.build.executed.text for run in failed if run.build.executed.text)
    commonest = told.most_common(1)
    if commonest and commonest[0][1] > len(failed) / 2:
        return f"mend what most of them failed of: {commonest[0][0]}"
    return "look at what they printed (`midwatch logs`), and ask for smaller steps"


def _retries(group: Group) -> Iterator[Weakness]:
    """Say so where a task that failed once hardly ever comes to a good end by being tried again."""
    best: dict[str, bool] = {}
    for run in group.runs:
        if run.build.attempt > 1 and run.ending in ("done", "failed"):
            best[run.task.label] = best.get(run.task.label, False) or run.ending == "done"
    helped, n = sum(best.values()), len(best)
    low, high = wilson(helped, n)
    if n >= LEAST and high < HARDLY:
        yield Weakness(
            kind="retries",
            by=group.by,
            name=group.name,
            cases=n - helped,
            n=n,
            value=helped / n,
            low=low,
            high=high,
            text=f"{group.said}: trying again helped {helped} of {n} tasks ({_sure(low, high)})",
            advice=f"try {group.said} fewer times: [retry] times = 0 or 1 saves what the tries cost",
        )


def _limits(group: Group) -> Iterator[Weakness]:
    held = Counter(name for run in group.runs for name in run.held_for)
    for name, cases in sorted(held.items()):
        advice = _raise(name, group)
        what = f"at their limit of {figure.name(name)}" if name else "at a limit"
        yield from _share("limit", group, cases, len(group.runs), f"builds were held {what}", advice, name)


def _raise(name: str, group: Group) -> str:
    section, key = _SETTINGS.get(name.partition(" of ")[0], ("limits", ""))
    if not key:
        return f"raise in [limits] what they were held at, for {group.said}"
    used = sorted({"files": [run.build.files_changed for run in group.runs]}.get(name, []))
    enough = f": nine of ten changed at most {used[-(-9 * len(used) // 10) - 1]}" if used else ""
    own = ""
    if group.by == "category" and section in ("limits", "limits.action"):
        own = f", as [limits.category.{group.name}] {key}"
    return f"raise [{section}] {key} for {group.said}{own}{enough}"


def _questions(group: Group) -> Iterator[Weakness]:
    for kind, labels in sorted(group.asked.items()):
        if kind in _ADVICE:
            text = f"tasks {_WORDS[kind]}"
            yield from _share("question", group, len(labels), len(group.tasks), text, _ADVICE[kind], kind.value)


def _share(kind: str, group: Group, cases: int, n: int, text: str, advice: str, about: str = "") -> Iterator[Weakness]:
    """Yield a weakness where more than every fourth is a case of it, surely."""
    low, high = wilson(cases, n)
    if n >= LEAST and low > OFTEN:
        yield Weakness(
            kind=kind,
            by=group.by,
            name=group.name,
            about=about,
            cases=cases,
            n=n,
            value=cases / n,
            low=low,
            high=high,
            text=f"{group.said}: {cases} of {n} {text} ({_sure(low, high)})",
            advice=advice,
        )


def _sure(low: float, high: float) -> str:
    return f"90 % sure: {low:.0%} to {high:.0%}"


_LOOKS: tuple[Callable[[Group], Iterator[Weakness]], ...] = (_estimates, _failures, _retries, _limits, _questions)
