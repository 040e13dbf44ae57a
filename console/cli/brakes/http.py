"""`http`: the endpoint's token, and the endpoint in a process of its own."""

import signal

import click

from console.cli.base import Hand, Refused, in_workspace, say, say_json, with_json


@click.group()
@in_workspace
def http() -> None:
    """Use the endpoint for the kill switch, health and metrics on this machine."""


@http.command()
@with_json
@in_workspace
@click.pass_obj
def token(hand: Hand, as_json: bool) -> None:
    """Print the token that a caller of the endpoint must send; the first time it is made."""
    from console.http.token import read_or_make

    found = read_or_make(hand.workspace())
    if as_json:
        settings = hand.settings().http
        say_json(
            {"token": found, "url": f"http://{_bracketed(settings.host)}:{settings.port}" if settings.port else ""}
        )
    else:
        say(found)


@http.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="In place of the settings' [http] port.")
@in_workspace
@click.pass_obj
def serve(hand: Hand, port: int | None) -> None:
    """Run the endpoint in a process of its own, so that it answers while no engine runs, or one is stopped."""
    import msgspec

    from console.http.beside import Beside

    settings = hand.settings().http
    if port is not None:
        settings = msgspec.structs.replace(settings, port=port)
    if not settings.port:
        raise Refused("no port: set [http] port in midwatch.toml, or give --port")
    endpoint = Beside(hand.workspace(), settings)
    endpoint.start()
    # Taken over only now: an interrupt while it begins ends the process as always.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: endpoint.end())
    say(f"listening at http://{_bracketed(settings.host)}:{endpoint.port}; SIGTERM or Ctrl+C ends it")
    endpoint.wait()


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
