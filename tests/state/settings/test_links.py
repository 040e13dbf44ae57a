"""Tests of what the settings say of the world outside."""

from pathlib import Path

import pytest

from state.settings import SettingsError, load


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The settings' file."""
    return tmp_path / "midwatch.toml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[email]\ndraft = "Dear {nmae}"', "{nmae} stands for nothing"),
        ('[email]\ndraft = ""', "of one line or more"),
        ('[email]\ntls = "none"', '"starttls"'),
        ("[email]\npassword = 7", "in quotes"),
        ('[email]\nca = "ours.pem"', "absolute paths"),
        ('[research]\ncommand = "agent {goal}"', "{goal} and {out}"),
        ("[research]\ngoals_per_night = 0", "1 or more"),
    ],
)
def test_what_cannot_work_is_refused_in_its_place(path: Path, text: str, words: str) -> None:
    """The message names file, line and key, and what is expected."""
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"midwatch.toml:2: (email|research)\.") as caught:
        load(path)
    assert words in str(caught.value)


def test_a_schedule_stays_off_while_a_setting_is_missing(path: Path) -> None:
    """One that scans mail, or looks into goals, does not fail at each of its times: it says what is missing."""
    both = (
        '[schedules.post]\ncron = "@hourly"\nrun = "email scan"\n[schedules.night]\ncron = "@daily"\nrun = "research"\n'
    )
    path.write_text(both)
    found = load(path).schedules
    assert not found["post"].enabled and "[email] host" in found["post"].lacks
    assert not found["night"].enabled and "[research] command" in found["night"].lacks
    path.write_text(
        both + '[email]\nhost = "a.example.com"\nuser = "ada"\npassword = "imap"\n'
        '[research]\ncommand = "agent {goal} > {out}"\n'
    )
    found = load(path).schedules
    assert all(schedule.enabled and not schedule.lacks for schedule in found.values())


def test_an_empty_text_stands_for_none(path: Path) -> None:
    """What the commented file shows can be uncommented as it stands."""
    path.write_text('[email]\nhost = ""\nca = ""\ndrafts_folder = ""\n[research]\ncommand = ""\n')
    assert not load(path).email.configured
