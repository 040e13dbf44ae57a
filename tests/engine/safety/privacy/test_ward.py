"""One scrubber a workspace, which goes by the settings."""

from pathlib import Path

import pytest

from engine.safety.privacy.ward import obey, ward
from state.files import Workspace
from state.settings import SettingsError, load


def test_all_of_a_process_share_one_scrubber(tmp_path: Path) -> None:
    """What the store's door learns, the log's knows too."""
    workspace = Workspace(tmp_path)
    (tmp_path / "midwatch.toml").write_text('[privacy]\npeople = ["Ada Lovelace"]\n')
    assert obey(workspace, load(workspace.settings)) is ward(Workspace(tmp_path))
    assert ward(workspace).text("Ada Lovelace") == "[name]"


def test_a_pattern_that_cannot_be_used_is_named_with_its_line(tmp_path: Path) -> None:
    """The settings are refused by file, line and key, and the ones before stay in force."""
    workspace = Workspace(tmp_path)
    workspace.settings.write_text('[privacy]\npeople = ["Ada Lovelace"]\n')
    obey(workspace, load(workspace.settings))
    workspace.settings.write_text('[privacy]\npeople = []\npatterns = ["(a+"]\n')
    with pytest.raises(SettingsError, match=r"midwatch.toml:3: privacy.patterns: .*RE2"):
        obey(workspace, load(workspace.settings))
    assert ward(workspace).text("Ada Lovelace") == "[name]"
