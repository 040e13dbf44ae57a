"""Secrets in files, and files that are no place for one."""

import os
from pathlib import Path

import pytest

from engine.secrets.files import fetch
from engine.secrets.secret import SecretUnavailable
from state.model.brakes.source import Provider, Source
from tests.engine.secrets.sources import a_source


def kept(folder: Path, mode: int = 0o600) -> Source:
    path = folder / "key"
    path.write_text("tk-3f9a0c\n")
    path.chmod(mode)
    return a_source(Provider.FILE, str(path))


def test_a_file_of_the_operators_own_is_read(tmp_path: Path) -> None:
    """Its text without the line break that editors add."""
    tmp_path.chmod(0o755)
    assert fetch(kept(tmp_path)) == "tk-3f9a0c"
    assert fetch(kept(tmp_path, 0o400)) == "tk-3f9a0c"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """With the command that mends it, and without the value."""
    tmp_path.chmod(0o755)
    with pytest.raises(SecretUnavailable, match=r"chmod 600") as refused:
        fetch(kept(tmp_path, mode))
    assert "tk-3f9a0c" not in str(refused.value)


def test_a_folder_in_which_others_may_replace_it_is_refused(tmp_path: Path) -> None:
    """Whoever can put another file there could hand the build another key."""
    tmp_path.chmod(0o777)
    with pytest.raises(SecretUnavailable, match=r"chmod go-w"):
        fetch(kept(tmp_path))
    tmp_path.chmod(0o1777)
    assert fetch(kept(tmp_path))


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    """A link, a folder, a pipe that nobody writes to, nothing at all, or no text."""
    tmp_path.chmod(0o755)
    os.symlink(kept(tmp_path).key, tmp_path / "link")
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "bytes").chmod(0o600)
    for name in ("link", "pipe", "none", ".", "bytes"):
        with pytest.raises(SecretUnavailable):
            fetch(a_source(Provider.FILE, str(tmp_path / name)))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    """It is theirs to change at any time."""
    tmp_path.chmod(0o755)
    source = kept(tmp_path)
    os.chown(source.key, 4242, 4242)
    with pytest.raises(SecretUnavailable, match="belongs to somebody else"):
        fetch(source)
