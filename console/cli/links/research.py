"""`research`: goals of the operator's, looked into while nobody waits."""

import click

from console.cli.base import Hand, ask, in_workspace, say, say_json, with_json


@click.command()
@click.option("--dry-run", is_flag=True, help="Say which goals would be next; queue nothing.")
@with_json
@in_workspace
@click.pass_obj
def research(hand: Hand, dry_run: bool, as_json: bool) -> None:
    """Queue a task for each goal of GOALS.md whose turn it is; what they find is in the morning brief."""
    from engine.clock import SystemClock
    from engine.links.research import goals, night
    from state.model import task as t
    from state.model.command import LookInto
    from state.zones import zone_of

    workspace, settings = hand.workspace(), hand.settings()
    night.command(settings)
    wanted = goals.load(workspace.root)
    day = SystemClock().now().astimezone(zone_of(settings.time.zone)).date()
    with hand.control() as control:
        view = control.view()
        over = (t.Done, t.Failed, t.Killed, t.Unknown)
        unfinished = {label for label, task in view.tasks.items() if not isinstance(task.state, over)}
        free = [goal for goal in wanted if not night.waiting(goal, view.goals, unfinished)]
        specs: list[tuple[str, t.Spec]] = []
        taken = set(view.tasks)
        for goal in night.pick(free, view.goals, settings.research.goals_per_night):
            specs.append((goal.key, night.spec(goal, day, settings, taken)))
            taken.add(specs[-1][1].label)
        text = "every goal is being looked into already" if not specs else f"would queue {len(specs)}"
        if specs and not dry_run:
            text = ask(control, LookInto(goals=tuple(specs))).text
    if as_json:
        rows = [{"label": spec.label, "goal": spec.title, "command": spec.command} for _, spec in specs]
        say_json({"goals": len(wanted), "queued": [] if dry_run else rows, "next": rows, "text": text})
    else:
        say("\n".join([*(f"{spec.label}: {spec.title}" for _, spec in specs), text]))
