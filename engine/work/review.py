"""What the operator is shown of a build before it merges."""

import asyncio

from engine.work import workspace
from state.files import Workspace
from state.model.build import Build
from state.text import reveal


def diff_text(place: Workspace, build: Build) -> str:
    """Return the diff that a build's digest stands for, harmless to show; blocks on the disk. Raises GitError.

    A build without a repository has none: its files are listed instead.
    """
    if not build.repo:
        listed = "".join(f"{name}\n" for name in build.deliverables)
        return reveal(f"files made in {place.build(build.id).work}:\n{listed}") if listed else ""
    text = asyncio.run(workspace.diff(place.build(build.id), build.base, build.result))
    return reveal(text)
