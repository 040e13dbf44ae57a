"""The commented file that new workspaces get."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from state.model.mode import Mode
from state.settings import DEFAULT_LIMITS, EngineSettings, Settings, TaskSettings, context_rules, default_text, load
from state.settings.keys import SECTIONS
from state.settings.windows import BUILT_IN


def test_the_default_text_means_the_defaults_commented_or_not(tmp_path: Path) -> None:
    """What stands in a new workspace's file is what holds, key by key."""
    path = tmp_path / "midwatch.toml"
    text = default_text()
    written: dict[str, Any] = {}
    for section in SECTIONS:
        outside, _, name = section.name.rpartition(".")
        (written[outside] if outside else written)[name] = {}
    assert tomllib.loads(text) == written
    uncommented = re.sub(r"^# (?=[a-z0-9_-]+ = |\[)", "", text, flags=re.MULTILINE)
    path.write_text(uncommented)
    told = load(path)
    rates = msgspec.structs.replace(told.rates, category={}, task={})
    named: dict[str, Any] = {"schedules": {}, "compensations": {}, "secrets": {}, "prices": {}}
    plain = msgspec.structs.replace(
        told, rates=rates, categories={}, tasks={}, windows={}, contexts={}, holidays={}, **named
    )
    assert plain == msgspec.structs.replace(Settings(), engine=EngineSettings(mode=Mode.LIVE))
    assert told.tasks == {
        "LABEL": TaskSettings(
            stall_after_s=Settings().stall.after_s, limits={"memory_bytes": DEFAULT_LIMITS.memory_bytes}
        )
    }
    assert told.windows == BUILT_IN
    assert len(told.holidays) == 3
    slots = {context: rule.of(2) for context, rule in context_rules(Settings()).items()}
    assert {context: rule.of(2) for context, rule in told.contexts.items()} == slots


def test_no_line_is_too_long_to_read(tmp_path: Path) -> None:
    """The file fits a terminal of usual width."""
    assert max(map(len, default_text().splitlines())) <= 120
