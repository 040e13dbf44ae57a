"""`queue`, `next` and `why`: the queue's order, and the reasons for it."""

from typing import TYPE_CHECKING

import click

from console.cli.base import Hand, in_workspace, known, label_argument, say, say_json, with_json

if TYPE_CHECKING:
    from console.cli.reasoning import Judge
    from console.cli.shapes import Value
    from state.model.view import View

_STATES = (
    "queued", "held", "awaiting_approval", "building", "verifying", "awaiting_review", "retrying",
    "done", "failed", "killed", "unknown",
)  # fmt: skip

_AFTER_STANDING = 2
"""The line of a story that follows where it stands."""
_AFTER_ANSWER = 3
"""The line of a story that follows the answer to whether it may start now."""
_PASSED = 5
"""How many tasks that were passed over are told of."""


@click.command()
@click.option("--all", "everything", is_flag=True, help="Also what has ended.")
@click.option("--state", "states", multiple=True, type=click.Choice(_STATES), help="Only tasks in this state.")
@click.option("--limit", type=click.IntRange(min=0), help="At most this many.")
@with_json
@in_workspace
@click.pass_obj
def queue(hand: Hand, everything: bool, states: tuple[str, ...], limit: int | None, as_json: bool) -> None:
    """List what is under way, what waits in the order it will start, and with --all what has ended."""
    with hand.control() as control:
        view = control.view()
    rows = listed(view, hand, everything=everything, states=states, limit=limit)
    if as_json:
        say_json(rows)
    elif rows:
        say(_table(rows))
    else:
        say("the queue is empty: `midwatch add --name ...` puts something in it")


@click.command("next")
@with_json
@in_workspace
@click.pass_obj
def next_(hand: Hand, as_json: bool) -> None:
    """Say which task starts next, and why not sooner."""
    from console.cli import shapes

    with hand.control() as control:
        view = control.view()
    ordered = shapes.queue_order(view.tasks.values())
    judge = _judge(view, hand)
    choice = judge.choose(ordered)
    if choice is None:
        waiting = len(ordered)
        told = f"nothing can start by itself; {waiting} wait for you: `midwatch queue` tells for what"
        say_json(None) if as_json else say(told if waiting else "the queue is empty")
        return
    task, verdict, passed = choice
    starts = _starts(view, [finding.text for finding in verdict.against])
    when = judge.when(task)
    ahead = [{"label": other.label, "reasons": shapes.reasons(no.against)} for other, no in passed]
    if as_json:
        row = shapes.queue_row(task, ordered.index(task) + 1, shapes.reasons(verdict.findings))
        say_json({**row, **judge.starts(task), "starts": starts, "passed_over": ahead})
        return
    say(f"{task.label}: {task.spec.title}\n{starts}")
    if verdict.against and when:
        say(f"  starts {when}")
    say(f"  lasts {judge.lasts(task)}")
    for other, no in passed[:_PASSED]:
        say(f"  ahead of it {other.label} cannot: {'; '.join(finding.text for finding in no.against)}")
    if len(passed) > _PASSED:
        say(f"  and {len(passed) - _PASSED} more: `midwatch queue` lists them")


@click.command()
@label_argument
@with_json
@in_workspace
@click.pass_obj
def why(hand: Hand, label: str, as_json: bool) -> None:
    """Tell the whole story of one task: where it stands, every rule's answer, what was tried."""
    from console.cli import shapes
    from engine.policy.order import why_here
    from engine.policy.words import explain

    with hand.control() as control:
        view = control.view()
    task = known(view, label)
    judge = _judge(view, hand)
    story = explain(task, judge.verdict(task), view)
    when = judge.when(task)
    if when:
        story.insert(_AFTER_ANSWER, f"When, then? {when[0].upper()}{when[1:]}.")
    ordered = shapes.queue_order(view.tasks.values())
    position = ordered.index(task) + 1 if task in ordered else None
    place = ""
    if position is not None:
        place = why_here(task, ordered[position - 2] if position > 1 else None)
        story.insert(_AFTER_STANDING, f"What place has it? {position} of {len(ordered)} in the queue: {place}.")
    lasts = judge.lasts(task)
    if lasts:
        story.append(f"How long does it take? It should be {lasts}.")
    if as_json:
        row = shapes.queue_row(task, position, judge.reasons(task))
        say_json({**row, **judge.starts(task), "place": place, "text": story})
    else:
        say("\n".join(story))


def listed(
    view: "View", hand: Hand, *, everything: bool, states: tuple[str, ...] = (), limit: int | None = None
) -> "list[Value]":
    """Return rows for what is under way, then for what waits with its position, then for what has ended."""
    from console.cli import shapes

    ordered = shapes.queue_order(view.tasks.values())
    position = {task.label: number for number, task in enumerate(ordered, start=1)}
    ended = shapes.ended(view)
    placed = {*position, *(task.label for task in ended)}
    busy = sorted(
        (task for task in view.tasks.values() if task.label not in placed), key=lambda task: (task.added_at, task.label)
    )
    tasks = [*busy, *ordered, *(ended if everything or set(states) & _ENDED else ())]
    if states:
        tasks = [task for task in tasks if task.state_name in states]
    judge = _judge(view, hand)
    return [
        {**shapes.queue_row(task, position.get(task.label), judge.reasons(task)), **judge.starts(task)}
        for task in tasks[:limit]
    ]


_ENDED = {"done", "failed", "killed", "unknown"}


def _judge(view: "View", hand: Hand) -> "Judge":
    from console.cli.reasoning import Judge

    return Judge(view, hand.settings())


def _starts(view: "View", against: list[str]) -> str:
    if view.engine.mode == "stopped":
        against = [*against, "no engine runs: `midwatch` or `midwatch engine` starts one"]
    return f"waits: {'; '.join(against)}" if against else "starts now"


def _table(rows: "list[Value]") -> str:
    from console.render import table, terminal_width

    cells = []
    for row in rows:
        reasons = row["reasons"]
        assert isinstance(reasons, list)
        told = next((str(why["text"]) for why in reasons if why["verdict"] != "allow"), "")
        if not told and row["position"] is None and reasons:
            told = str(reasons[0]["text"])
        place = "" if row["position"] is None else str(row["position"])
        cells.append([place, str(row["label"]), str(row["state"]), str(row["priority"]), str(row["title"]), told])
    return table(cells, ["#", "LABEL", "STATE", "PRIORITY", "TITLE", "WHY"], width=terminal_width())
