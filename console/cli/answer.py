"""`approve`, `deny`, `fail` and `retry`: the operator's word on one task."""

import click

from console.cli.base import Hand, ask, in_workspace, known, label_argument, say, with_reason

_PATIENCE_S = 180.0
"""How long an answer may take that reaches a mail server."""


@click.command()
@label_argument
@click.option("--digest", metavar="HEX", help="Approve only if this is what is open: the digest that you looked at.")
@with_reason
@in_workspace
@click.pass_obj
def approve(hand: Hand, label: str, digest: str | None, reason: str) -> None:
    """Say yes to what is open on a task: its start, its going on beyond a limit, or the diff that waits for review."""
    from console.screens.subject import asked
    from state.model.command import Approve
    from state.model.links.mail import PREFIX
    from state.model.mode import Mode
    from state.model.task import AwaitingReview

    with hand.control(_PATIENCE_S if label.startswith(PREFIX) else 5.0) as control:
        view = control.view()
        if (of_it := view.mails.get(label)) is not None:
            say(ask(control, Approve(label=label, digest=digest or of_it.digest, why=reason)).text)
            return
        task = known(view, label)
        shown = digest or asked(task, view.builds)
        reply = ask(control, Approve(label=label, digest=shown, why=reason))
        build = view.builds.get(task.build)
        if view.control.mode is Mode.OBSERVE or (build is not None and build.hold is not None):
            say(reply.text)
        elif isinstance(task.state, AwaitingReview):
            files = f", {build.files_changed} files" if build else ""
            say(f"{label}: approved the diff {shown[:12]}{files}\n{reply.text}")
        else:
            asked_for = "; ".join(finding.text for finding in getattr(task.state, "findings", ()))
            say(f"{label}: approved its start" + (f" ({asked_for})" if asked_for else "") + f"\n{reply.text}")


@click.command()
@label_argument
@with_reason
@in_workspace
@click.pass_obj
def deny(hand: Hand, label: str, reason: str) -> None:
    """Say no to what is open on a task."""
    from console.screens.subject import asked
    from state.model.command import Deny

    with hand.control() as control:
        view = control.view()
        # What the engine asks about itself is filed under a name that no task can have.
        own = label not in view.tasks and any(e.open and e.label == label for e in view.escalations.values())
        own = own or label in view.mails
        digest = "" if own else asked(known(view, label), view.builds)
        say(ask(control, Deny(label=label, digest=digest, why=reason)).text)


@click.command()
@label_argument
@with_reason
@in_workspace
@click.pass_obj
def fail(hand: Hand, label: str, reason: str) -> None:
    """Count a task's present build as failed."""
    from state.model.command import Fail

    with hand.control() as control:
        known(control.view(), label)
        say(ask(control, Fail(label=label, why=reason)).text)


@click.command()
@label_argument
@with_reason
@in_workspace
@click.pass_obj
def retry(hand: Hand, label: str, reason: str) -> None:
    """Queue a task again that has ended, or set a diff aside for a new attempt."""
    from state.model.command import Retry

    with hand.control() as control:
        known(control.view(), label)
        say(ask(control, Retry(label=label, why=reason)).text)
