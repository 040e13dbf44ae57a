"""Secrets in AWS Secrets Manager, by its real client from a server on this machine that speaks its protocol."""

import socket
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from engine.secrets import aws
from engine.secrets.aws import fetch
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider
from tests.engine.secrets.sources import a_source


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where the server listens."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setattr(aws, "TIMEOUT_S", 2.0)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_secret_is_read_by_its_id(address: str) -> None:
    """The latest version; what is not there is told in the service's own words."""
    client = boto3.client("secretsmanager", endpoint_url=address)
    client.create_secret(Name="prod/key", SecretString="tk-old")
    client.put_secret_value(SecretId="prod/key", SecretString="tk-3f9a0c")
    assert fetch(a_source(Provider.AWS, "prod/key", address=address)) == "tk-3f9a0c"
    with pytest.raises(SecretUnavailable, match="ResourceNotFoundException"):
        fetch(a_source(Provider.AWS, "prod/other", address=address))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_service_that_does_not_answer_is_given_up() -> None:
    """Within seconds, with words."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(SecretUnavailable, match="AWS Secrets Manager"):
            fetch(a_source(Provider.AWS, "prod/key", address=place))


def test_without_the_library_the_operator_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra that was not installed is no crash."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(SecretUnavailable, match=r"midwatch\[aws\]"):
        fetch(a_source(Provider.AWS, "prod/key"))
