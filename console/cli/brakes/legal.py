"""`legal`: what programs may fetch."""

import click

from console.cli.base import Hand, in_workspace, say, say_json, with_json


@click.group()
@in_workspace
def legal() -> None:
    """Say what the law and other people's rules allow programs to do."""


@legal.command()
@click.argument("url")
@click.option("--agent", default="midwatch", show_default=True, help="The name under which a program asks.")
@with_json
@in_workspace
@click.pass_context
def check(context: click.Context, url: str, agent: str, as_json: bool) -> None:
    """Say whether a program may fetch a page; exits 0 if so and 1 if not."""
    from engine.clock import SystemClock
    from engine.facts import rules_of
    from engine.policy.limits.legal import within
    from engine.safety.legal.robots import Answer, host_of, may_fetch

    hand = context.ensure_object(Hand)
    ruled = rules_of(hand.settings()).ruled
    host = host_of(url)
    if domain := within(host, ruled.domains):
        answer = Answer(url=url, allowed=False, why=f"[legal] blocked_domains names {domain}")
    elif domain := within(host, ruled.terms):
        answer = Answer(url=url, allowed=False, why=f"[legal] no_automation names {domain}: its terms forbid programs")
    else:
        answer = may_fetch(url, agent, hand.workspace().hidden / "robots", SystemClock().now())
    if as_json:
        say_json(answer)
    else:
        wait = f"; it asks for {answer.delay_s:g} s between two pages" if answer.delay_s else ""
        say(f"{'allowed' if answer.allowed else 'NOT allowed'}: {answer.why}{wait}")
    context.exit(0 if answer.allowed else 1)
