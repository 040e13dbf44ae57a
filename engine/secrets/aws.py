"""Secrets in AWS Secrets Manager."""

from typing import Any

from engine.secrets.provider import TIMEOUT_S, missing
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Source


def fetch(source: Source) -> str:
    """Return the secret string of an id; SecretUnavailable in the service's own words.

    Credentials and region are found as every AWS client finds them.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError
    except ModuleNotFoundError as error:
        raise missing(source, "boto3", "aws") from error
    once = Config(connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 2})
    try:
        client = boto3.client("secretsmanager", endpoint_url=source.address or None, config=once)
        answer: dict[str, Any] = client.get_secret_value(SecretId=source.key)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise SecretUnavailable(f"secret {source.name}: AWS Secrets Manager: {error}") from error
    return str(answer.get("SecretString", ""))
