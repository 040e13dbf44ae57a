"""`anomalies`: the figures of builds that were unlike those of the builds before them."""

from typing import TYPE_CHECKING

import click
import msgspec

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json

if TYPE_CHECKING:
    from console.cli.shapes import Value
    from state.model.anomaly import Anomaly
    from state.model.view import View


@click.command()
@click.argument("name", metavar="[ID|LABEL]", required=False)
@with_json
@in_workspace
@click.pass_obj
def anomalies(hand: Hand, name: str | None, as_json: bool) -> None:
    """List what was unusual, the latest first; with an ID or a task's LABEL, show the latest of it as a picture."""
    with hand.control() as control:
        view = control.view()
    latest = sorted(view.anomalies.values(), key=lambda anomaly: (anomaly.created_at, anomaly.id), reverse=True)
    if name is not None:
        found = next((anomaly for anomaly in latest if name in (anomaly.id, anomaly.label, anomaly.build)), None)
        if found is None:
            raise Refused(f"there is no anomaly {name!r}, and none of a task of that label: `midwatch anomalies`")
        say_json(_row(found, view)) if as_json else say(_shown(found, view))
    elif as_json:
        say_json([_row(anomaly, view) for anomaly in latest])
    elif latest:
        say(_table(latest, view))
    else:
        say("nothing was unusual: `midwatch telemetry` tells what is usual")


def _row(anomaly: "Anomaly", view: "View") -> "Value":
    value = msgspec.to_builtins(anomaly, builtin_types=(type(anomaly.created_at),))
    if anomaly.band is not None:
        value["band"]["n"] = anomaly.band.n
    return {**value, "build_state": _state(anomaly, view)}


def _state(anomaly: "Anomaly", view: "View") -> str:
    """What became of its build: `held`, or its state, or how it ended."""
    from state.model.build import Finished

    build = view.builds.get(anomaly.build)
    if build is None:
        return ""
    if build.hold is not None:
        return "held"
    return build.state.ending if isinstance(build.state, Finished) else build.state_name


def _table(latest: "list[Anomaly]", view: "View") -> str:
    from console.render import moment, table, terminal_width
    from engine.policy.bands.band import said

    rows = [
        [anomaly.id, moment(anomaly.created_at), anomaly.build, anomaly.figure, said(anomaly), _state(anomaly, view)]
        for anomaly in latest
    ]
    rows = [[*row, anomaly.text] for row, anomaly in zip(rows, latest, strict=True)]
    return table(rows, ["ID", "WHEN", "BUILD", "FIGURE", "VALUE", "NOW", "WHY"], width=terminal_width())


def _shown(anomaly: "Anomaly", view: "View") -> str:
    from console.render import moment
    from console.screens.unusual import picture

    heading = f"{anomaly.id}  {anomaly.build} is {_state(anomaly, view)}; {moment(anomaly.created_at)}"
    return "\n".join([heading, anomaly.text, *([""] if anomaly.band else []), *picture(anomaly)])
