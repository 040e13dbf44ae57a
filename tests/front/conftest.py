"""What the tests here share: workspaces in which nothing stays alive, a repository, windows over ssh."""

from tests.front.spaces import open_space, repo, space
from tests.front.terminal import desk, ssh_server

__all__ = ["desk", "open_space", "repo", "space", "ssh_server"]
