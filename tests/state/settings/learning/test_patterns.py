"""Tests of what the settings say of routines."""

from pathlib import Path

import pytest

from state.settings import SettingsError, load
from state.settings.learning.patterns import PatternSettings


def test_nothing_is_built_ahead_until_somebody_says_so(tmp_path: Path) -> None:
    """The defaults only look; both keys are read where they are told."""
    assert PatternSettings() == PatternSettings(prebuild=False, prebuild_over=0.8)
    path = tmp_path / "midwatch.toml"
    path.write_text("[patterns]\nprebuild = true\nprebuild_over = 0.9\n")
    assert load(path).patterns == PatternSettings(prebuild=True, prebuild_over=0.9)


@pytest.mark.parametrize("told", ["0.3", "1.5", "true", '"0.9"'])
def test_a_confidence_that_would_queue_anything_is_refused(tmp_path: Path, told: str) -> None:
    """Less sure than a coin, or surer than sure, is a mistake with its line and key."""
    path = tmp_path / "midwatch.toml"
    path.write_text(f"[patterns]\nprebuild_over = {told}\n")
    with pytest.raises(SettingsError, match=r":2: patterns.prebuild_over: expected a number from 0.5 to 1"):
        load(path)
