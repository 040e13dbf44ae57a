"""`add` and `spawn`: tasks in the operator's words, put in the queue."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import click

from console.cli.base import Hand, Refused, ask, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from datetime import tzinfo

    from console.client import Control
    from engine.safety.privacy.scrubber import Scrubber
    from state.model.task import Spec

_Function = TypeVar("_Function", bound=Callable[..., Any])
_MOST_BYTES = 64 << 20

_FIELDS = (
    ("--name", "TITLE", False, "What is wanted, in a few words."),
    ("--label", "LABEL", False, "Its short name; made from the title when left out."),
    ("--desc", "TEXT", False, "What is wanted, in full."),
    ("--criterion", "TEXT", True, "What must be true when it is done; give one each."),
    ("--priority", "LEVEL", False, "high, medium or low."),
    ("--category", "KIND", False, "bug-fix, perf, docs, infrastructure, feature, research, external-action or config."),
    ("--time", "HOURS", False, "How long it should take: 2, 30m, 1-2 hours."),
    ("--tech", "NAMES", True, "What it is made with, separated by commas."),
    ("--repo", "DIR", False, "The git repository to work on; without one it starts in an empty folder."),
    ("--branch", "NAME", False, "The branch to merge into; the one that is checked out when left out."),
    ("--secret", "NAMES", True, "Names of [secrets] that its builds are given, once you approve."),
    ("--command", "SHELL", False, "What does the work: run by `sh -c` at the root of its own copy."),
    ("--verify", "SHELL", False, "What must succeed before its result counts."),
    ("--depends", "LABELS", True, "Tasks that must be done before, separated by commas."),
    ("--paths", "PATHS", True, "What it will touch in the repository, separated by commas."),
    ("--value", "DOLLARS", False, "What it is worth."),
    ("--budget", "DOLLARS", False, "What it may cost."),
    ("--effect", "KINDS", True, "What it does outside: production, financial, access, destructive and so on."),
    ("--blocker", "TEXT", True, "What stands in its way; give one each."),
    ("--start-at", "TIME", False, "Not before this time: 2026-02-06T23:00."),
    ("--cron", "EXPR", False, "It starts at the next of these times, and waits for the one after when it is done."),
    ("--zone", "ZONE", False, "The time zone of --cron; the workspace's when left out."),
    ("--window", "USE", False, "fit: within a window; overrun: past its end; stop: only while one is open; any."),
    ("--limit", "KEY=VALUE", True, "A limit of its own, such as memory=2G, time=30m or processes=64."),
    ("--grace", "TIME", False, "How long it may take to end when it is killed; not at all when left out."),
)


def _task_options(function: _Function) -> _Function:
    for name, metavar, repeatable, text in reversed(_FIELDS):
        default: Any = () if repeatable else None
        function = click.option(name, metavar=metavar, multiple=repeatable, default=default, help=text)(function)
    return function


@click.command()
@_task_options
@click.option(
    "--file", "file", metavar="FILE", help="Many tasks at once from TOML or JSON lines; - reads standard input."
)
@click.option(
    "--format", "form", type=click.Choice(["toml", "jsonl"]), help="How FILE is written, if not as its name says."
)
@with_json
@in_workspace
@click.pass_obj
def add(hand: Hand, /, file: str | None, form: str | None, as_json: bool, **options: object) -> None:
    """Put a task in the queue, or all tasks of a file or none."""
    from engine.intake.tasks import spec_from_options
    from state.model.command import AddTasks

    given = [f"--{name.replace('_', '-')}" for name, value in options.items() if value]
    if file is not None:
        if given:
            raise _usage(f"{', '.join(given)} with --file: write them into the file")
        specs = _from_file(hand, file, form)
    else:
        if not given:
            raise _usage("nothing to add: give at least --name, or --file with many tasks")
        specs = (spec_from_options(options, base=Path.cwd(), added_by="command line", **_surroundings(hand)),)
    _read_crons(specs)
    with hand.control() as control:
        ask(control, AddTasks(specs=specs))
        _tell(hand, control, specs, as_json, one=file is None)


@click.command()
@click.option("--task", metavar="TEXT", help="What is wanted; its first line is the title.")
@_task_options
@with_json
@in_workspace
@click.pass_obj
def spawn(hand: Hand, /, task: str | None, as_json: bool, **options: object) -> None:
    """Have something built now: asking for it is the approval."""
    from engine.intake.tasks import spec_from_options
    from state.model.command import SpawnTask

    if task:
        options["name"] = options["name"] or task.strip().partition("\n")[0][:200]
        options["desc"] = options["desc"] or task
    spec = spec_from_options(options, base=Path.cwd(), added_by="spawn", **_surroundings(hand))
    _read_crons((spec,))
    with hand.control() as control:
        ask(control, SpawnTask(spec=spec))
        _tell(hand, control, (spec,), as_json, one=True)


def _read_crons(specs: "Sequence[Spec]") -> None:
    """Read every cron expression; raises CronError, which names the column."""
    for spec in specs:
        if spec.cron:
            from engine.schedule.cron import parse

            parse(spec.cron)


def _usage(text: str) -> Refused:
    return Refused(text, 2)


class _Surroundings(TypedDict):
    zone: "tzinfo"
    scrubber: "Scrubber"


def _surroundings(hand: Hand) -> _Surroundings:
    """What a task is read by: the operator's zone, and what no task may hold."""
    from engine.safety.privacy.ward import obey
    from state.zones import zone_of

    settings = hand.settings()
    return _Surroundings(zone=zone_of(settings.time.zone), scrubber=obey(hand.workspace(), settings))


def _from_file(hand: Hand, name: str, form: str | None) -> "tuple[Spec, ...]":
    from engine.intake.files import format_of
    from engine.intake.tasks import parse_tasks

    form = form or format_of(name)
    source = "standard input" if name == "-" else name
    if name == "-":
        data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        # A JSON line begins with a brace; TOML never does.
        form = form or ("jsonl" if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{" else "toml")
        base = Path.cwd()
    else:
        with Path(name).open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        base = Path(name).resolve().parent
    if form is None:
        raise _usage(f"{name}: say how it is written with --format toml or --format jsonl")
    if len(data) > _MOST_BYTES:
        raise _usage(f"{source} is larger than {_MOST_BYTES >> 20} MB: add it in parts")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _usage(f"{source}:{line}: not UTF-8 text") from None
    return parse_tasks(text, form, source, base=base, **_surroundings(hand))


def _tell(hand: Hand, control: "Control", specs: "tuple[Spec, ...]", as_json: bool, *, one: bool) -> None:
    from console.cli.reasoning import Judge

    view = control.view()
    judge = Judge(view, hand.settings())
    tasks = [view.tasks[spec.label] for spec in specs]
    answers: list[dict[str, Any]] = [
        {"label": task.label, "state": task.state_name, "reasons": judge.reasons(task)} for task in tasks
    ]
    if as_json:
        say_json(answers[0] if one else answers)
        return
    for answer in answers:
        against = [str(why["text"]) for why in answer["reasons"] if why["verdict"] != "allow"]
        say(f"{answer['label']}: {answer['state']}" + (f" ({'; '.join(against)})" if against else ""))
    if not control.live:
        say("no engine runs: `midwatch` or `midwatch engine` starts one")
