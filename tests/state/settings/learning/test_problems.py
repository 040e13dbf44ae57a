"""The settings of problems, and the day on which a secret expires."""

from datetime import date
from pathlib import Path

import pytest

from state.settings import SettingsError, default_text, load
from state.settings.learning.problems import PROBLEMS, ProblemSettings

WRITTEN = """
[problems]
free = "5G"
full_within = "2d"
failures = 4
certificates = ["/etc/ssl/own.pem"]
keep_builds = 0

[secrets.npm]
from = "env"
key = "NPM_TOKEN"
expires = 2027-03-01
"""


def test_they_are_read(tmp_path: Path) -> None:
    """What is written counts, and what is not stays as it is by default."""
    (tmp_path / "midwatch.toml").write_text(WRITTEN)
    settings = load(tmp_path / "midwatch.toml")
    assert settings.problems == ProblemSettings(
        free_bytes=5 << 30,
        full_within_s=2 * 86_400.0,
        failures=4,
        certificates=("/etc/ssl/own.pem",),
        keep_builds_s=0.0,
    )
    assert settings.secrets["npm"].expires == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("failures = 1", "line 2: problems.failures: expected a whole number of 2 or more"),
        ("fre = 1", "line 2: problems.fre: no such setting: did you mean free?"),
        ('certificates = ["own.pem"]', "line 2: problems.certificates: expected a list of absolute paths"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, line: str, complaint: str) -> None:
    """A mistake is told with its file, line and key."""
    path = tmp_path / "midwatch.toml"
    path.write_text(f"[problems]\n{line}\n")
    with pytest.raises(SettingsError) as refused:
        load(path)
    assert complaint in str(refused.value).replace(f"{path}:2: ", "line 2: ")


def test_a_day_is_a_date(tmp_path: Path) -> None:
    """A secret that expires on no day of the calendar is refused."""
    path = tmp_path / "midwatch.toml"
    path.write_text('[secrets.npm]\nfrom = "env"\nkey = "K"\nexpires = "soon"\n')
    with pytest.raises(SettingsError, match=r"secrets\.npm\.expires: 'soon' is not a date: write it as"):
        load(path)


def test_every_key_is_told_of() -> None:
    """A new workspace's settings show each key with its default, as a comment."""
    text = default_text()
    assert all(f"# {key.name} = " in text.partition("[problems]")[2].partition("\n[")[0] for key in PROBLEMS)
