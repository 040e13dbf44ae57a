"""Expressions that only the engine can judge are refused like everything else in the settings."""

from pathlib import Path

import pytest

from engine.rounds.check import check
from engine.schedule.timetable import set_out
from state.model.when.schedule import ScheduleState
from state.settings import SettingsError, load
from tests.making import NOON

GOOD = '[schedules.good]\ncron = "@daily"\nrun = "status"\n'
BAD = '\n[schedules.bad]\nrun = "status"\ncron = "0 0 31 2 *"\n'


def told(tmp_path: Path, text: str, states: dict[str, ScheduleState] | None = None) -> None:
    """Check settings as an engine does that has these records."""
    path = tmp_path / "midwatch.toml"
    path.write_text(text)
    check(load(path), path, states or {})


def test_what_can_be_read_passes(tmp_path: Path) -> None:
    """Settings without a mistake are taken as they are."""
    told(tmp_path, GOOD)


def test_a_mistake_has_its_line(tmp_path: Path) -> None:
    """The file, the line and the key, and then what is wrong in which column."""
    with pytest.raises(
        SettingsError, match=r"midwatch\.toml:7: schedules\.bad\.cron: '0 0 31 2 \*': column 5: no such"
    ):
        told(tmp_path, GOOD + BAD)


def test_what_is_known_to_be_good_is_not_read_again(tmp_path: Path) -> None:
    """A record with the same timing says that the expression was read before."""
    path = tmp_path / "midwatch.toml"
    path.write_text(GOOD + BAD)
    settings = load(path)
    known = set_out(settings.schedules["good"], None, NOON)
    check(settings, path, {"good": known, "bad": ScheduleState(name="bad", timing=settings.schedules["bad"].timing)})
