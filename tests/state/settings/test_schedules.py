"""Tests of the schedules that are there without being written down."""

from pathlib import Path

import pytest

from console.cli.main import VERBS
from engine.schedule.cron import parse
from state.model.when.schedule import Misfire
from state.settings import SettingsError, load
from state.settings.schedules import BUILT_IN


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The settings' file."""
    return tmp_path / "midwatch.toml"


def test_none_runs_until_it_is_asked_for(path: Path) -> None:
    """A new workspace schedules nothing; one word switches on all of them, in the operator's zone."""
    assert load(path).schedules == {}
    path.write_text('[schedules]\ndefaults = true\n[time]\nzone = "America/Chicago"\n')
    found = load(path).schedules
    assert list(found) == list(BUILT_IN)
    assert {schedule.zone for schedule in found.values()} == {"America/Chicago"}
    assert {name: schedule.run for name, schedule in found.items()} == {
        "overnight_start": "overnight start",
        "record_head": "audit publish",
        "morning_report": "overnight report",
        "morning_brief": "overnight brief",
        "nightly_report": "report nightly",
        "snapshot": "snapshot create --routine",
        "heartbeat": "heartbeat",
        "problem_scan": "problems scan",
        "auto_fix": "problems fix --safe",
        "rehearsal": "snapshot rehearse",
        "pattern_check": "patterns check",
        "weekend_plan": "weekend suggest",
        "drill": "drill",
        "email_scan": "email scan",
        "research": "research",
    }
    assert found["overnight_start"].misfire is Misfire.SKIP


def test_each_calls_a_verb_at_times_that_there_are() -> None:
    """No built-in schedule can fail for what is written in it."""
    for fields in BUILT_IN.values():
        assert parse(fields["cron"])
        assert fields["run"].split()[0] in VERBS


def test_a_section_of_its_name_changes_one(path: Path) -> None:
    """What is told differs, the rest stays; without `defaults` only the named ones run."""
    path.write_text('[schedules.morning_brief]\ncron = "0 8 * * *"\n')
    (brief,) = load(path).schedules.values()
    assert (brief.cron, brief.run) == ("0 8 * * *", "overnight brief")
    path.write_text("[schedules]\ndefaults = true\n[schedules.weekend_plan]\nenabled = false\n")
    found = load(path).schedules
    assert len(found) == len(BUILT_IN)
    assert [name for name, told in found.items() if not told.enabled and not told.lacks] == ["weekend_plan"]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[schedules]\ndefault = true\n", 2, "did you mean defaults?"),
        ('[schedules]\n\ndefaults = "yes"\n', 3, "schedules.defaults: expected true or false"),
        ("schedules = 3\n", 1, "expected a section [schedules]"),
    ],
)
def test_a_mistake_has_its_line(path: Path, text: str, line: int, words: str) -> None:
    """What is written beside the sections is checked like everything else."""
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load(path)
    assert str(error.value).startswith(f"{path}:{line}: ")
    assert words in str(error.value)
