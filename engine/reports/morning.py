"""A night or a weekend told in Markdown: in full, or as a brief that takes a minute to read."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from engine.policy.times import lasting, who
from engine.reports.briefings import Briefing
from engine.reports.night import Active, Failure, Happening, Night, Shipped, Step, Wait
from engine.reports.runs import ENDINGS
from state.model.anomaly import Anomaly
from state.model.learning.problem import Problem
from state.text import one_line

BRIEF_ROWS = 5
"""How much of each list the brief tells: what a minute is enough for."""
_WIDTH = 300
_DAY = timedelta(days=1)
_NOW = {
    "queued": "it is in the queue again",
    "retrying": "it is tried again by itself",
    "done": "a later build did it",
    "building": "another build is under way",
    "verifying": "another build is being checked",
    "awaiting_review": "another build waits for your review",
}


def overnight_report(night: Night, day: date, zone: tzinfo) -> str:
    """Return everything that is known of a night, in Markdown; `day` is the date of its morning."""
    return _everything(f"Overnight report, {_day(day)}", night, zone)


def weekend_summary(weekend: Night, day: date, zone: tzinfo) -> str:
    """Return the same of a weekend; `day` is its Saturday."""
    return _everything(f"Weekend summary, {_day(day)}", weekend, zone)


def nightly_report(told: Night, active: Sequence[Active], day: date, zone: tzinfo) -> str:
    """Return how things stand at the end of a day: what was completed, what is active, what is in the queue."""
    clock = _Clock(told, zone)
    lines = [f"# Build report, {_day(day)}", ""]
    completed = [row for rows in _done(told).values() for row in rows] + [_failure(row) for row in told.failed]
    lines += _section("Completed", completed or ["- nothing"])
    lines += _section("Active", [_active(row, clock) for row in active] or ["- nothing"])
    lines += _section("Waits for you", _waits(told.waits))
    lines += _section("Queue", [f"- {line}" for line in plan_lines(told.plan.ahead, told.plan.asks)] or ["- empty"])
    lines += _section("Summary", [_headline(told, clock), "", *_figures(told)])
    return "\n".join(lines) + "\n"


def morning_brief(night: Night, day: date, zone: tzinfo) -> str:
    """Return what the operator should know over coffee: what shipped, what needs him, what comes next."""
    clock = _Clock(night, zone)
    lines = [f"# Morning brief, {_day(day)}", "", _headline(night, clock)]
    for title, rows in _done(night).items():
        lines += _section(title, _few(rows)) if rows else []
    if night.briefings:
        lines += _section("Briefings", _few([_briefing(row) for row in night.briefings]))
    if night.failed:
        lines += _section("Failed or killed", _few([_failure(row) for row in night.failed]))
    if night.fixed:
        lines += _section("Problems fixed", _few([_fixed(row, clock) for row in night.fixed]))
    lines += _section("Needs you", _waits(night.waits, BRIEF_ROWS))
    if night.problems:
        lines += _section("Problems", _few([_problem(row) for row in night.problems]))
    lines += _section("Next", [f"- {line}" for line in plan_lines(night.plan.ahead, (), BRIEF_ROWS)])
    noted = [_happening(row, clock) for row in (*night.stops, *night.troubles)]
    noted += [_anomaly(row, clock) for row in night.anomalies]
    if noted:
        lines += _section("Also", _few(noted))
    return "\n".join([*lines, *_record(night)]) + "\n"


def plan_lines(ahead: Sequence[Step], asks: Sequence[Step], limit: int | None = None) -> list[str]:
    """Return a plan as lines of a list, at most `limit` of either kind."""
    lines = [f"{step.label}: {_line(step.text)}" for step in ahead[:limit]]
    if len(ahead) > len(lines):
        lines.append(f"and {len(ahead) - len(lines)} more behind them")
    told = [f"{step.label} waits for you: {_line(step.text)}" for step in asks[:limit]]
    if len(asks) > len(told):
        told.append(f"and {len(asks) - len(told)} more wait for you")
    return [*lines, *told]


class _Clock:
    """Tells moments as the operator's clock showed them, with the day where there are several."""

    def __init__(self, night: Night, zone: tzinfo) -> None:
        self._zone = zone
        self._form = "%a %H:%M" if night.span.ends_at - night.span.starts_at > _DAY else "%H:%M"

    def __call__(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime(self._form)


def _everything(title: str, night: Night, zone: tzinfo) -> str:
    clock = _Clock(night, zone)
    lines = [f"# {title}", "", _headline(night, clock)]
    for heading, rows in _done(night).items():
        lines += _section(heading, rows)
    if night.briefings:
        lines += _section("Briefings", [_briefing(row) for row in night.briefings])
    lines += _section("Failed or killed", [_failure(row) for row in night.failed])
    lines += _section("Waits for you", _waits(night.waits))
    lines += _section("Anomalies", [_anomaly(row, clock) for row in night.anomalies])
    lines += _section("Kill switch and pauses", [_happening(row, clock) for row in night.stops])
    lines += _section("Troubles", [_happening(row, clock) for row in night.troubles])
    lines += _section("Problems fixed", [_fixed(row, clock) for row in night.fixed])
    lines += _section("Problems", [_problem(row) for row in night.problems])
    lines += _section("Next", [f"- {line}" for line in plan_lines(night.plan.ahead, night.plan.asks)])
    lines += _section("In figures", _figures(night))
    return "\n".join([*lines, *_record(night)]) + "\n"


def _record(night: Night) -> list[str]:
    """The record's head: whoever rewrites the record does not rewrite the reports that you have."""
    return [] if night.head is None else ["", f"The record ends with `{night.head.seq}:{night.head.hash}`."]


def _done(night: Night) -> dict[str, list[str]]:
    """What did as it was asked: that which is in the operator's branch now, and the rest."""
    return {
        "Shipped": [_shipped(row) for row in night.shipped if row.merged],
        "Done, nothing to merge": [_shipped(row) for row in night.shipped if not row.merged],
    }


def _headline(night: Night, clock: _Clock) -> str:
    span, counts = night.span, night.counts
    over = f"{clock(span.starts_at)} to {clock(span.ends_at)}"
    if night.quiet:
        return f"{over}: nothing was built. {_why_quiet(night)}"
    told = [f"{counts.merged} shipped"]
    if counts.made:
        told.append(f"{counts.made} done with nothing to merge")
    for ending in ENDINGS:
        number = sum(row.ending == ending for row in night.failed)
        if number or ending == "failed":
            told.append(f"{number} {ending}")
    told.append(f"{len(night.waits)} {'waits' if len(night.waits) == 1 else 'wait'} for you")
    if counts.running:
        told.append(f"{counts.running} still under way")
    return f"{over}: {', '.join(told)}."


def _why_quiet(night: Night) -> str:
    if night.standing:
        return f"Now {'; '.join(night.standing)}."
    if not night.plan.ahead and night.plan.asks:
        return "All that is in the queue waits for you."
    if night.plan.ahead:
        first = night.plan.ahead[0]
        return f"First in the queue is {first.label}: {_line(first.text)}."
    return "Nothing says why: `midwatch queue` tells how each task stands."


def _active(row: Active, clock: _Clock) -> str:
    doing = f", {_line(row.step)}" if row.step else ""
    return f"- **{row.label}** {_line(row.title)}: {row.state} since {clock(row.since)}, {row.percent} %{doing}"


def _shipped(row: Shipped) -> str:
    size = f", +{row.size.added} -{row.size.removed} lines" if row.size else ""
    files = f" ({row.files_changed} file{'' if row.files_changed == 1 else 's'}{size})" if row.files_changed else ""
    return f"- **{row.label}** {_line(row.title)}: {_line(row.text)}{files}"


def _briefing(row: Briefing) -> str:
    first = "".join(f"\n  > {line}" for line in row.lines)
    return f"- **{_line(row.title)}**, in `{row.path}`{first}"


def _failure(row: Failure) -> str:
    times = f"{row.builds} builds, the last one " if row.builds > 1 else ""
    after = _NOW.get(row.state, "")
    return f"- **{row.label}** {_line(row.title)}: {times}{row.ending}: {_line(row.text)}" + (
        f"; {after}" if after else ""
    )


def _waits(rows: Sequence[Wait], limit: int | None = None) -> list[str]:
    lines = []
    for row in rows[:limit]:
        title = f" {_line(row.title)}" if row.title else ""
        lines.append(f"- **{row.label or 'engine'}**{title} ({row.kind.replace('_', ' ')}): {_line(row.text)}")
        if row.verbs:
            lines.append(f"  {', '.join(f'`{verb}`' for verb in row.verbs)}")
    return lines + _more(len(rows), limit)


def _figures(night: Night) -> list[str]:
    counts = night.counts
    rows = [
        ("builds begun", counts.started),
        ("of these, tried again", counts.again),
        ("builds over", counts.over),
        ("merged", counts.merged),
        ("made, nothing to merge", counts.made),
        ("failed", counts.failed),
        ("killed", counts.killed),
        ("unknown", counts.unknown),
        ("under way", counts.running),
        ("tasks added", counts.added),
    ]
    lines = [f"- {name}: {value}" for name, value in rows]
    length_s = (night.span.ends_at - night.span.starts_at).total_seconds()
    return [*lines, f"- time of builds, added up: {lasting(counts.run_s)}, in {lasting(length_s)}"]


def _anomaly(row: Anomaly, clock: _Clock) -> str:
    return f"- {clock(row.created_at)} **{row.label}**: {_line(row.text)}"


def _happening(row: Happening, clock: _Clock) -> str:
    return f"- {clock(row.at)} {row.action.replace('_', ' ')}, by {who(row.actor)}: {_line(row.text)}"


def _fixed(row: Happening, clock: _Clock) -> str:
    return f"- {clock(row.at)} {_line(row.text)}"


def _problem(row: Problem) -> str:
    return f"- **{row.id}** ({row.seen.severity}): {_line(row.seen.text)}"


def _few(lines: Sequence[str]) -> list[str]:
    return [*lines[:BRIEF_ROWS], *_more(len(lines), BRIEF_ROWS)]


def _more(count: int, limit: int | None) -> list[str]:
    return [] if limit is None or count <= limit else [f"- and {count - limit} more: `midwatch overnight report`"]


def _section(title: str, lines: Iterable[str]) -> list[str]:
    return ["", f"## {title}", "", *(list(lines) or ["Nothing."])]


def _line(text: str) -> str:
    return one_line(text, _WIDTH)


def _day(day: date) -> str:
    return f"{day:%A} {day.isoformat()}"
