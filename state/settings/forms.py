"""How a key of `midwatch.toml` is told of, alone, in its section, or in one of many sections of a kind."""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from state import units

if TYPE_CHECKING:
    from state.settings.values import Settings

NAMES = "a name is made of letters, digits, - and _, at most 64 of them"


class Key(NamedTuple):
    """One key: its name in the file, its field, how it is written and its line in the commented settings."""

    name: str
    field: str
    kind: units.Kind
    help: str


class Named(NamedTuple):
    """A kind of section that there may be many of, each with a name of its own."""

    help: str
    keys: tuple[Key, ...]
    needed: tuple[str, ...]
    """The keys that have no default."""
    make: Callable[[str, dict[str, Any], "Settings"], Any]
    """Turns a name, the fields that are told and all the other settings into the noun."""
    example: Any
    """The noun that the commented file shows."""
    built_in: Mapping[str, Mapping[str, Any]]
    """By name, the fields of those that are there without being written down, once `defaults` is true."""
    names: re.Pattern[str] = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
    names_told: str = NAMES
    """What a name is made of, for whoever chose another."""
    own: tuple[Key, ...] = ()
    """Keys that stand above all of them, and are fields of the settings."""


class Section(NamedTuple):
    """One section of the file."""

    name: str
    """With a dot where it stands within another."""
    help: str
    keys: tuple[Key, ...]
    field: str = ""
    """That of the settings; empty where it is the name."""
    scopes: Mapping[str, str] = {}
    """Kinds of sub-sections that hold the same keys for some builds only, each with a name that the file shows."""
    scope_keys: tuple[Key, ...] = ()
    """The keys of those; empty where they are the section's own."""
    scope_make: Callable[..., Any] = dict
    """What those become, given their fields."""
    scope_field: str = ""
    """The field of the settings that takes those; empty where one of the section's own does, by their kind."""

    @property
    def holds(self) -> str:
        """The field of the settings that it fills."""
        return self.field or self.name
