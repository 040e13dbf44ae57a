"""The keys of the settings and the commented file that new workspaces get."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from state.settings import DEFAULT_LIMITS, Settings, TaskSettings, default_text, load
from state.settings.keys import NAMED, SECTIONS, TASK


def test_the_default_text_means_the_defaults_commented_or_not(tmp_path: Path) -> None:
    """What stands in a new workspace's file is what holds, key by key."""
    path = tmp_path / "midwatch.toml"
    text = default_text()
    assert tomllib.loads(text) == {section.name: {} for section in SECTIONS}
    uncommented = re.sub(r"^# (?=[a-z_]+ = |\[)", "", text, flags=re.MULTILINE)
    path.write_text(uncommented)
    told = load(path)
    assert msgspec.structs.replace(told, tasks={}, schedules={}) == Settings()
    assert told.tasks == {
        "LABEL": TaskSettings(
            stall_after_s=Settings().stall.after_s, limits={"memory_bytes": DEFAULT_LIMITS.memory_bytes}
        )
    }


def test_the_file_has_a_key_for_every_setting() -> None:
    """A setting that is added to the nouns cannot be forgotten in the file."""
    for section in SECTIONS:
        part: Any = getattr(Settings(), section.name)
        assert [key.field for key in section.keys] == list(part.__struct_fields__)
    assert {section.name for section in SECTIONS} | {"tasks"} | NAMED.keys() == set(Settings.__struct_fields__)
    assert {key.field for key in TASK} | {"limits"} == set(TaskSettings.__struct_fields__)
