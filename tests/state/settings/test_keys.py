"""The keys of the settings."""

from typing import Any

from state.model.when.context import ContextRule
from state.model.when.window import Window
from state.settings import Settings, TaskSettings
from state.settings.keys import NAMED, SECTIONS, TASK
from state.settings.windows import CONTEXT, WINDOW

OTHERS = {"windows", "contexts", "holidays"}
"""Sections with keys of the operator's own."""


def test_the_file_has_a_key_for_every_setting() -> None:
    """A setting that is added to the nouns cannot be forgotten in the file."""
    for section in SECTIONS:
        part: Any = getattr(Settings(), section.holds)
        assert [*(key.field for key in section.keys), *section.scopes] == list(part.__struct_fields__)
    fields = {section.holds for section in SECTIONS} | {"tasks", *OTHERS} | NAMED.keys()
    assert fields == set(Settings.__struct_fields__)
    assert {key.field for key in WINDOW} - {"enabled"} == set(Window.__struct_fields__) - {"name"}
    assert {key.field for key in CONTEXT} == set(ContextRule.__struct_fields__)
    assert {key.field for key in TASK} | {"limits"} == set(TaskSettings.__struct_fields__)
