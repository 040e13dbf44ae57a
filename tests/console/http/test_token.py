"""The endpoint's token."""

import stat

import pytest

from console.http import token
from state.files import Workspace, create_workspace


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    return create_workspace(tmp_path)


def test_it_is_made_once_and_for_its_owner_alone(workspace):
    """The first call makes a token that nobody else may read; the next ones find it."""
    made = token.read_or_make(workspace)
    assert len(made) >= 43 and token.read_or_make(workspace) == made
    assert stat.S_IMODE(token.path_of(workspace).stat().st_mode) == 0o600


def test_each_workspace_has_another(workspace, tmp_path):
    """What opens one opens no other."""
    assert token.read_or_make(workspace) != token.read_or_make(create_workspace(tmp_path / "other"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o602, 0o666])
def test_one_that_others_could_reach_is_refused(workspace, mode):
    """A token that others may read or write is no secret, and opens nothing."""
    made = token.read_or_make(workspace)
    token.path_of(workspace).chmod(mode)
    with pytest.raises(token.TokenUnsafe, match="remove it"):
        token.fits(workspace, f"Bearer {made}")


@pytest.mark.parametrize("text", ["", "short\n", "\n" * 100])
def test_a_file_without_a_token_opens_nothing(workspace, text):
    """An empty or torn file is not taken for a token that anybody could guess."""
    token.read_or_make(workspace)
    token.path_of(workspace).write_text(text)
    with pytest.raises(token.TokenUnsafe, match="holds no token"):
        token.fits(workspace, f"Bearer {text.strip()}")


def test_a_link_is_not_followed(workspace, tmp_path):
    """Whoever can put a link there cannot choose the token."""
    (tmp_path / "theirs").write_text("x" * 50)
    (tmp_path / "theirs").chmod(0o600)
    token.path_of(workspace).symlink_to(tmp_path / "theirs")
    with pytest.raises(OSError, match="symbolic"):
        token.read_or_make(workspace)


def test_only_the_whole_token_fits(workspace):
    """Neither a part of it nor another scheme nor nothing does; the scheme's case does not matter."""
    made = token.read_or_make(workspace)
    assert token.fits(workspace, f"Bearer {made}") and token.fits(workspace, f"bearer  {made}")
    for wrong in (
        None,
        "",
        made,
        f"Basic {made}",
        f"Bearer {made[:-1]}",
        f"Bearer {made}x",
        "Bearer \udcff",
        "Bearer ",
    ):
        assert not token.fits(workspace, wrong), wrong
