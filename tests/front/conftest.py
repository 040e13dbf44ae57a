"""What the tests here share: workspaces in which nothing stays alive, and a repository."""

from tests.front.spaces import open_space, repo, space

__all__ = ["open_space", "repo", "space"]
