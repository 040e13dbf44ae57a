"""What a build's supervisor wrote about its start and its end."""

import json
from typing import Any

from state.files import BuildPaths


def read(paths: BuildPaths) -> dict[str, Any]:
    """Return all that the status file says, later objects over earlier ones; empty when there is nothing yet."""
    try:
        text = paths.status.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    told: dict[str, Any] = {}
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return told
        try:
            found, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            # Being written at this moment: what is whole counts.
            return told
        if isinstance(found, dict):
            told.update(found)


def child_pid(paths: BuildPaths) -> int | None:
    """Return the pid of the namespace's init (of the command's shell without a sandbox); None before it was made."""
    found = read(paths).get("child-pid")
    return found if isinstance(found, int) else None


def exit_code(paths: BuildPaths) -> int | None:
    """Return the command's exit code, 128 + signal when one ended it; None when it could not be written."""
    found = read(paths).get("exit-code")
    return found if isinstance(found, int) else None
