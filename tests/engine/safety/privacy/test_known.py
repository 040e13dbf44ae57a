"""Secrets of the environment, by the names of their variables."""

from engine.safety.privacy.known import in_environment


def test_a_variable_is_a_secret_by_its_name() -> None:
    """What is called a token, key, secret or password is one; paths, numbers and look-alikes are not."""
    secret = {"GITHUB_TOKEN": "a", "AWS_SECRET_ACCESS_KEY": "b", "db_password": "c", "APIKEY": "d", "X_KEYS": "e"}
    plain = {
        "PATH": "/bin",
        "KEYBOARD": "de",
        "SSH_KEY_PATH": "~/.ssh/x",
        "TOKEN_FILE": "/run/x",
        "SECRET": "/run/secrets/x",
        "MAX_TOKENS": "4096",
        "AWS_ACCESS_KEY_ID": "x",
        "MONKEY": "y",
    }
    assert in_environment({**secret, **plain}) == secret
