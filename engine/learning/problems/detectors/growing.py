"""Folders and logs that have grown large, or hold what is kept elsewhere."""

from engine.learning.problems.facts import Facts, Folder
from engine.learning.problems.trend import trend
from engine.learning.problems.words import many, size, span
from state.model.learning.problem import Fix, Kind, Severity, Sighting

_DAY_S = 86_400.0
_MUCH = 4
_REMEDIES = {
    "builds": "remove the folders of builds that you do not need any more",
    "journal": "a shorter [audit] keep, or an [audit] archive elsewhere, makes it smaller",
    "snapshots": "fewer of them ([snapshots] hourly, daily, monthly) or `midwatch snapshot forget` make room",
    "logs": "they are kept small by themselves: somebody else writes there",
}
_LOG = "have whoever writes it set it aside now and then (logrotate)"


def look(facts: Facts) -> tuple[Sighting, ...] | None:
    """Return what has grown, what is left over, and what is older than the settings keep it."""
    grown = tuple(found for folder in facts.folders if (found := _judge(folder, facts)) is not None)
    return (*grown, *_left(facts), *_old(facts))


def _judge(folder: Folder, facts: Facts) -> Sighting | None:
    large = facts.settings.problems.large_bytes
    if folder.bytes < large:
        return None
    samples = (*facts.samples, facts.sample)
    moves = trend([(one.at, float(one.sizes[folder.name])) for one in samples if folder.name in one.sizes])
    figures: dict[str, float] = {"bytes": folder.bytes}
    grows = ""
    if moves is not None and moves.low > 0:
        figures["more_bytes_a_day"] = round(moves.middle * _DAY_S)
        grows = f", {size(moves.middle * _DAY_S)} more each day"
    least = "" if folder.whole else "at least "
    return Sighting(
        kind=Kind.GROWING,
        subject=folder.name,
        severity=Severity.MEDIUM if grows or folder.bytes >= _MUCH * large else Severity.LOW,
        text=f"{folder.path} takes {least}{size(folder.bytes)}{grows}: {_REMEDIES.get(folder.name, _LOG)}",
        figures=figures,
    )


def _left(facts: Facts) -> tuple[Sighting, ...]:
    rules = facts.settings.problems
    total = sum(left.bytes for left in facts.leftovers)
    if total < rules.leftovers_bytes or not facts.leftovers:
        return ()
    builds = len({left.build for left in facts.leftovers})
    text = (
        f"{many(builds, 'build')} that ended more than {span(rules.keep_builds_s)} ago still take {size(total)} for "
        "files that your branches hold as well: `midwatch problems fix` removes them"
    )
    figures = {"bytes": total, "builds": builds}
    return (
        Sighting(
            kind=Kind.GROWING, subject="old-builds", severity=Severity.LOW, text=text, figures=figures, fix=Fix.ROOM
        ),
    )


def _old(facts: Facts) -> tuple[Sighting, ...]:
    if not facts.prunable_bytes:
        return ()
    text = (
        f"the record holds {size(facts.prunable_bytes)} that [audit] keep does not ask for any more: "
        "`midwatch problems fix` prunes it, as `midwatch audit prune` does"
    )
    return (
        Sighting(
            kind=Kind.GROWING,
            subject="old-entries",
            severity=Severity.LOW,
            text=text,
            figures={"bytes": facts.prunable_bytes},
            fix=Fix.PRUNE,
        ),
    )
