"""The token that whoever calls the endpoint must know."""

import hmac
import os
import secrets
import stat
from hashlib import sha256
from pathlib import Path

from state.errors import MidwatchError
from state.files import Workspace, atomic_write

_BYTES = 32
_MOST_BYTES = 1024
_SCHEME = "bearer"


class TokenUnsafe(MidwatchError):
    """The file with the token cannot be trusted to be a secret."""


def path_of(workspace: Workspace) -> Path:
    """Return the file that holds it."""
    return workspace.hidden / "http.token"


def read_or_make(workspace: Workspace) -> str:
    """Return the token, made on first use; raises TokenUnsafe when others may read it, or it is none, and OSError."""
    path = path_of(workspace)
    try:
        return _read(path)
    except FileNotFoundError:
        atomic_write(path, secrets.token_urlsafe(_BYTES) + "\n", mode=0o600)
        return _read(path)


def fits(workspace: Workspace, header: str | None) -> bool:
    """Whether an `Authorization` header carries the token. It takes as long however much of it is right.

    The file is read anew, so that another token holds as soon as it is there. Raises TokenUnsafe and OSError.
    """
    token = read_or_make(workspace)
    scheme, _, given = (header or "").partition(" ")
    # Digests are of the same length, whatever was given.
    same = hmac.compare_digest(_digest(given.strip()), _digest(token))
    return same and scheme.lower() == _SCHEME


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogateescape")).digest()


def _read(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        about = os.fstat(fd)
        if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or about.st_uid != os.geteuid():
            raise TokenUnsafe(f"{path} can be read or written by others: remove it, and another one is made")
        token = os.read(fd, _MOST_BYTES).decode("ascii", "replace").strip()
    finally:
        os.close(fd)
    if len(token) < _BYTES:
        raise TokenUnsafe(f"{path} holds no token: remove it, and another one is made")
    return token
