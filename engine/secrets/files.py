"""Secrets in files that nobody but the operator can read."""

import os
import stat
from pathlib import Path

from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Source

_MOST = 1 << 20


def fetch(source: Source) -> str:
    """Return the file's text without the line break at its end.

    SecretUnavailable when it is not a plain file of the operator's own with mode 0600 or stricter, in a folder that
    others cannot write to.
    """
    path = Path(source.key).expanduser()
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SecretUnavailable(f"secret {source.name}: {path} cannot be read: {error.strerror}") from error
    try:
        trouble = _trouble(path, os.fstat(descriptor), os.stat(path.parent))
        if trouble:
            raise SecretUnavailable(f"secret {source.name}: {trouble}")
        return os.read(descriptor, _MOST).decode("utf-8").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise SecretUnavailable(f"secret {source.name}: {path} holds no text") from error
    finally:
        os.close(descriptor)


def _trouble(path: Path, file: os.stat_result, folder: os.stat_result) -> str:
    """Say what makes a file no place for a secret; empty when nothing does."""
    if not stat.S_ISREG(file.st_mode):
        return f"{path} is no plain file"
    if file.st_uid not in (os.geteuid(), 0):
        return f"{path} belongs to somebody else: `chown` it to yourself"
    if stat.S_IMODE(file.st_mode) & 0o177:
        return f"others may use {path} (mode {stat.S_IMODE(file.st_mode):04o}): `chmod 600 {path}`"
    if folder.st_mode & 0o022 and not folder.st_mode & stat.S_ISVTX:
        return f"others may replace files in {path.parent}: `chmod go-w {path.parent}`"
    return ""
