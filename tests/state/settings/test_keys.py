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
    held: dict[str, list[str]] = {}
    for section in SECTIONS:
        scopes = () if section.scope_field else section.scopes
        held.setdefault(section.holds, []).extend((*(key.field for key in section.keys), *scopes))
    for name, keys in held.items():
        part: Any = getattr(Settings(), name)
        assert keys == list(part.__struct_fields__)
    apart = {section.scope_field for section in SECTIONS} - {""}
    own = {key.field for kind in NAMED.values() for key in kind.own}
    fields = held.keys() | {"tasks", *OTHERS} | NAMED.keys() | apart | own
    assert fields == set(Settings.__struct_fields__)
    assert {key.field for key in WINDOW} - {"enabled"} == set(Window.__struct_fields__) - {"name"}
    assert {key.field for key in CONTEXT} == set(ContextRule.__struct_fields__)
    assert {key.field for key in TASK} | {"limits"} == set(TaskSettings.__struct_fields__)
