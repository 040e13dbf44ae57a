"""The command line's entry: which verb is meant, and what its failure looks like."""

import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from console.cli.base import EXITS, Hand, Refused, in_workspace
from state.errors import MidwatchError

VERBS: dict[str, tuple[str, str]] = {
    "init": ("place", "Make a workspace."),
    "add": ("add", "Put a task in the queue, or a file of them."),
    "spawn": ("add", "Have something built now, without asking again."),
    "queue": ("queue", "List the tasks in the order they will start."),
    "next": ("queue", "Say what starts next, and why not sooner."),
    "why": ("queue", "Tell the story of one task."),
    "simulate": ("when.simulate", "Play the days to come, without starting anything."),
    "status": ("status", "Show the engine, the builds and what waits for you."),
    "approve": ("answer", "Say yes to what is open on a task."),
    "deny": ("answer", "Say no to what is open on a task."),
    "raise": ("brakes.raising", "Let a build go on under a higher limit, until midnight."),
    "fail": ("answer", "Count a task's present build as failed."),
    "retry": ("answer", "Try a task again."),
    "rollout": ("back.rollout", "Let other rules decide about some tasks, and compare."),
    "captain-override": ("back.override", "Overrule a decision of the engine's, and reverse what came of it."),
    "undo": ("back.undo", "Take back a build, or an entry of the record."),
    "kill": ("stop", "End a task's build, or everything."),
    "arm": ("stop", "Release the kill switch."),
    "drill": ("brakes.drill", "Rehearse the kill switch, and measure it."),
    "http": ("brakes.http", "Reach the kill switch and the metrics over HTTP."),
    "pause": ("stop", "Start nothing more."),
    "resume": ("stop", "Start builds again."),
    "breaker": ("brakes.breaker", "Show where nothing starts because too much failed."),
    "mode": ("when.mode", "Carry out what is decided, or only write it down."),
    "context": ("when.context", "Tell and say what kind of time it is."),
    "schedules": ("when.schedules", "Show what runs at which times, and why not."),
    "overnight": ("reports.overnight", "Begin the night, and tell in the morning what it brought."),
    "report": ("reports.report", "Write down how things stand at the end of a day."),
    "weekend": ("reports.weekend", "Plan the weekend's long tasks, and tell what became of them."),
    "heartbeat": ("signals.heartbeat", "Act on signals, and do the checks of HEARTBEAT.md that are due."),
    "signals": ("signals.signals", "List what other programs have told of, and what became of it."),
    "stats": ("reports.stats", "Show how builds have fared."),
    "problems": ("learning.problems", "Look for what is wrong or is about to be, and fix what is safe to."),
    "kpis": ("reports.kpis", "Show how well it goes, against goals."),
    "patterns": ("learning.patterns", "Show what is wanted again and again, and what will be."),
    "improve": ("learning.improve", "Show where work goes wrong too often, and what to change."),
    "telemetry": ("reports.telemetry", "Show what builds usually come to."),
    "anomalies": ("reports.anomalies", "Show what was unlike that, with a picture."),
    "logs": ("output", "Print what a build printed."),
    "diff": ("output", "Print what a build changed."),
    "engine": ("place", "Run the engine without a console."),
    "service": ("upkeep.service", "Have the machine keep the engine running."),
    "health": ("upkeep.health", "Say whether the engine is well."),
    "email": ("links.email", "Look through a mailbox for offers, and draft replies."),
    "research": ("links.research", "Have goals of yours looked into."),
    "legal": ("brakes.legal", "Say what programs may fetch."),
    "doctor": ("upkeep.doctor", "Say what this machine can enforce, and prove it."),
    "snapshot": ("back.snapshot", "Make restore points, and go back to one."),
    "audit": ("record.audit", "Read, search, verify and keep the record of every decision."),
    "privacy": ("record.privacy", "Find, give out and erase what is known of a person."),
    "demo": ("demo", "Make a workspace to try things in."),
    "completion": ("completion", "Print a shell's completion script."),
}
"""Each verb, the module that holds it and its line in the help; a module is imported when its verb is called."""


_NAMES = {"next": "next_", "raise": "raise_", "captain-override": "captain_override"}
"""The functions that cannot be called as their verb is."""


class Verbs(click.Group):
    """The verbs, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every verb, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        if cmd_name not in VERBS:
            return None
        module = import_module(f"console.cli.{VERBS[cmd_name][0]}")
        command: click.Command = getattr(module, _NAMES.get(cmd_name, cmd_name))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is answered with the nearest known."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f"did you mean {near[0]}?" if near else "`midwatch --help` lists the verbs"
            raise click.UsageError(f"there is no verb {args[0]!r}: {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them, and the exit codes."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(code), text) for code, text in EXITS])


def _tell_version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            click.echo(f"midwatch {version('midwatch')}")
        except PackageNotFoundError:
            click.echo("midwatch, run from its source")
        context.exit(0)


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_version, help="Say which it is."
)
@in_workspace
@click.pass_context
def midwatch(context: click.Context) -> None:
    """Midwatch builds what you queue while you are away. Without a verb it opens the console."""
    hand = context.ensure_object(Hand)
    if context.invoked_subcommand is None:
        workspace = hand.workspace()
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise Refused("the console needs a terminal: `midwatch status` tells how things stand without one", 2)
        from console.host import open_console

        context.exit(open_console(workspace))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; expected failures become lines on standard error."""
    for stream in (sys.stdout, sys.stderr):
        # Names of files may be no UTF-8; printing one must not fail.
        getattr(stream, "reconfigure", lambda **_: None)(errors="backslashreplace")
    try:
        result = midwatch.main(list(arguments), prog_name="midwatch", standalone_mode=False)
        sys.stdout.flush()
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "midwatch"
        return _complain(f"{error.format_message()} (`{path} --help` shows how)", 2)
    except click.ClickException as error:
        return _complain(error.format_message(), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _complain("interrupted", 130)
    except MidwatchError as error:
        return _complain(str(error), error.code)
    except BrokenPipeError:
        # Whoever read this has gone; Python must not try to flush into the closed pipe at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _complain(f"{error.filename or 'the system'}: {error.strerror or error}", 1)
    return result if isinstance(result, int) else 0


def _complain(text: str, code: int) -> int:
    from state.text import clean

    for line in clean(text, lines=True).splitlines():
        click.echo(f"midwatch: {line}", err=True)
    return code


def main() -> None:
    """Run the command line of this process."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
