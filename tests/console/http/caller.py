"""Calls an endpoint as a program of the operator's would."""

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from console.http.beside import Beside
from console.http.token import read_or_make
from state.files import Workspace
from state.settings import HttpSettings


class Answer(NamedTuple):
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Caller:
    """Knows the port and the token."""

    def __init__(self, workspace: Workspace, port: int) -> None:
        self.workspace = workspace
        self.port = port

    def call(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        """Call with exactly these headers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): text for name, text in headers.items()})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), dict(answer.getheaders()))
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: bytes | str | None = None, **headers: str) -> Answer:
        """Call with the token."""
        return self.call(method, path, body, Authorization=f"Bearer {read_or_make(self.workspace)}", **headers)


@contextmanager
def endpoint(workspace: Workspace, **settings: Any) -> Iterator[Caller]:
    """An endpoint on a port that is free."""
    beside = Beside(workspace, HttpSettings(**settings))
    beside.start()
    try:
        yield Caller(workspace, beside.port)
    finally:
        beside.close()
