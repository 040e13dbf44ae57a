"""The one scrubber that this process uses for a workspace, so that its store and its logs know the same secrets."""

import os
from functools import cache
from pathlib import Path

from engine.safety.privacy.known import in_environment
from engine.safety.privacy.scrubber import Scrubber
from engine.safety.privacy.shapes import BadPattern
from state.files import Workspace
from state.settings import Settings, mistake


def ward(workspace: Workspace) -> Scrubber:
    """Return it; it knows the secrets of this process's environment."""
    return _of(workspace.root)


@cache
def _of(root: Path) -> Scrubber:
    return Scrubber(secrets=in_environment(os.environ))


def obey(workspace: Workspace, settings: Settings) -> Scrubber:
    """Let it go by these settings; raises SettingsError, with the line, for a pattern that cannot be used."""
    found = ward(workspace)
    if found.settings != settings.privacy:
        try:
            found.apply(settings.privacy)
        except BadPattern as error:
            raise mistake(workspace.settings, ("privacy", "patterns"), str(error)) from error
    return found
