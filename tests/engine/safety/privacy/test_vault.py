"""A task's true words, kept apart from the record."""

from pathlib import Path

import pytest

from engine.safety.privacy import vault
from engine.safety.privacy.scrubber import Scrubber
from engine.safety.privacy.vault import Vault
from state.files import create_workspace
from state.settings import PrivacySettings, Words
from tests.making import a_spec

PEOPLE = PrivacySettings(people=("Ada Lovelace",))
KEY = "ghp_" + "a1B2c3D4e5" * 4


def test_a_task_gets_placeholders_and_the_vault_the_words(tmp_path: Path) -> None:
    """Each person and address has one placeholder of its own, and the words come back from it."""
    spec = a_spec(
        title="Mail Ada Lovelace",
        description="Write to ada@example.org, not to b@example.org; ada@example.org answers",
        criteria=("Ada Lovelace said yes",),
        command="sendmail ada@example.org",
    )
    told, words = vault.pseudonymised(spec, Scrubber(PEOPLE))
    assert told.title == "Mail [name 1]"
    assert told.description == "Write to [mail 1], not to [mail 2]; [mail 1] answers"
    assert told.criteria == ("[name 1] said yes",)
    assert told.command == spec.command
    keeper = Vault(create_workspace(tmp_path))
    keeper.keep("tidy", words)
    assert keeper.labels() == ["tidy"]
    assert (tmp_path / ".midwatch/private/tidy.json").stat().st_mode & 0o777 == 0o600
    assert keeper.told("tidy", told.description) == spec.description
    keeper.keep("tidy", {})
    assert keeper.labels() == []
    assert keeper.told("tidy", told.title) == told.title


def test_tasks_are_kept_as_told_where_the_settings_say_so() -> None:
    """With tasks = "keep" the record holds the operator's own words."""
    keep = PrivacySettings(people=PEOPLE.people, tasks=Words.KEEP)
    spec = a_spec(title="Mail Ada Lovelace")
    assert vault.pseudonymised(spec, Scrubber(keep)) == (spec, {})
    assert vault.without_people(spec.title, Scrubber(keep)) == spec.title


def test_a_task_without_people_needs_no_vault() -> None:
    """Where there is nobody to hide, the task stays the same and nothing is kept."""
    spec = a_spec()
    assert vault.pseudonymised(spec, Scrubber(PEOPLE)) == (spec, {})


@pytest.mark.parametrize("field", ["title", "description", "command", "verify", "criteria", "blockers"])
def test_a_secret_in_any_field_makes_a_task_unfit(field: str) -> None:
    """What is written down for good must not hold a key, wherever it stands."""
    value = (f"x {KEY}",) if field in ("criteria", "blockers") else f"x {KEY}"
    ((where, why),) = vault.unfit({"label": "tidy", field: value}, Scrubber(PEOPLE))
    assert where == field
    assert "token" in why
    assert KEY not in why


def test_a_label_names_nobody() -> None:
    """A label stands in every line, so one with a name in it is not taken, and a title's is left out of it."""
    ((where, why),) = vault.unfit({"label": "mail-ada-lovelace"}, Scrubber(PEOPLE))
    assert (where, "choose another" in why) == ("label", True)
    assert vault.without_people("Mail Ada Lovelace", Scrubber(PEOPLE)) == "Mail [name]"


def test_a_damaged_vault_leaves_the_placeholders(tmp_path: Path) -> None:
    """What cannot be read is as good as erased, and stops nothing."""
    keeper = Vault(create_workspace(tmp_path))
    keeper.keep("tidy", {"[mail 1]": "ada@example.org"})
    (keeper.folder / "tidy.json").write_bytes(b"{\xff")
    assert keeper.told("tidy", "to [mail 1]") == "to [mail 1]"
