"""Tests of engine.intake.tasks."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.tasks import IntakeError, parse_tasks, spec_from_options
from engine.safety.privacy.scrubber import Scrubber
from state.model.money import MICRO
from state.model.task import Category, Effect, Priority, Spec
from state.settings import PrivacySettings
from tests.engine.intake.reading import mistakes, read

FULL = """
[[task]]
title = "Faster start"
label = "faster"
description = '''
[[task]]
title = not a task, but text
'''
criteria = ["starts in under 150 ms", "a test proves it"]
priority = "high"
category = "Performance"
hours = "1-2 hours"
tech = ["python"]
blockers = ["the new machine, which is late"]
command = "make fast"
verify = "make test"
value = 12.50
budget = "$3"
effects = ["production", "sensitive data"]
start_at = 2026-02-06T23:00:00Z
grace = "10s"

[task.limits]
memory = "2G"
time = "8h"
processes = 64

[[task]]
name = "Second thing"
depends = "faster"
"""


def test_toml_gives_every_field():
    """A TOML task carries each of its fields into the spec, in the spec's units."""
    first, second = read(FULL)
    assert first.label == "faster"
    assert first.criteria == ("starts in under 150 ms", "a test proves it")
    assert (first.priority, first.category, first.hours) == (Priority.HIGH, Category.PERFORMANCE, 2.0)
    assert (first.value, first.budget) == (12_500_000, 3 * MICRO)
    assert first.effects == (Effect.PRODUCTION, Effect.SENSITIVE_DATA)
    assert first.blockers == ("the new machine, which is late",)
    assert first.start_at == datetime(2026, 2, 6, 23, tzinfo=UTC)
    assert first.grace_s == 10
    assert (first.limits.memory_bytes, first.limits.time_s, first.limits.processes) == (2 << 30, 8 * 3600, 64)
    assert (second.label, second.depends) == ("second-thing", ("faster",))


def test_json_lines_give_the_same_as_toml():
    """One object a line means what the same TOML table means."""
    line = '{"title": "Fix rounding", "category": "bug", "criteria": ["sums are exact"], "time": 0.5, "tech": "a, b"}\n'
    (spec,) = read(f"\n{line}\n", "jsonl")
    table = '[[task]]\ntitle = "Fix rounding"\ncategory = "bug-fix"\ncriteria = "- [ ] sums are exact"\nhours = "30m"\n'
    assert read(table + 'tech = ["a", "b"]')[0] == spec


def test_every_mistake_is_named_with_its_line():
    """All mistakes of a TOML file are told at once, each on the line where it stands."""
    text = """# tasks
[[task]]
title = "One"
priority = "urgent"
hours = "soon"

[[task]]
titel = "Two"
limits = { memory = "lots", coffee = 1 }

[[task]]
title = "One"
repo = "/nowhere/at/all"
branch = "-x"
"""
    assert mistakes(text) == [
        (4, "priority"),
        (5, "hours"),
        (7, "title"),
        (8, "titel"),
        (9, "limits.memory"),
        (9, "limits.coffee"),
        (13, "repo"),
        (14, "branch"),
    ]


def test_options_split_at_commas_where_names_are_listed():
    """Repeatable options may hold several names in one word, but criteria and blockers keep their commas."""
    spec = spec_from_options(
        {
            "name": "x",
            "depends": ("a,b", "c"),
            "tech": ("py, go",),
            "criterion": ("fast, and small",),
            "blocker": ("a, b",),
        },
        base=Path("/"),
        added_by="cli",
    )
    assert spec.depends == ("a", "b", "c")
    assert spec.tech == ("py", "go")
    assert spec.criteria == ("fast, and small",)
    assert spec.blockers == ("a, b",)
    assert spec.source == "cli"


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"desc": "no name"}, "title"),
        ({"name": "  "}, "--name"),
        ({"name": "a\nb"}, "--name"),
        ({"name": "x" * 201}, "--name"),
        ({"name": "日本"}, "label"),
        ({"name": "x", "label": "../x"}, "--label"),
        ({"name": "x", "label": ""}, "--label"),
        ({"name": "x", "command": "a\0b"}, "--command"),
        ({"name": "x", "desc": "\udc80"}, "--desc"),
        ({"name": "x", "depends": ("x",)}, "--depends"),
        ({"name": "x", "paths": ("src",)}, "--paths"),
        ({"name": "x", "branch": "main"}, "--branch"),
        ({"name": "x", "value": "-1"}, "--value"),
        ({"name": "x", "budget": "1e30"}, "--budget"),
        ({"name": "x", "start_at": "tomorrow"}, "--start-at"),
        ({"name": "x", "grace": "2h"}, "--grace"),
        ({"name": "x", "limit": ("memory",)}, "limit"),
        ({"name": "x", "limit": ("processes=0",)}, "limit"),
        ({"name": "x", "limit": ("memory=" + "9" * 400 + "G",)}, "limit"),
        ({"name": "x", "limit": ("coffee=1",)}, "limit"),
    ],
)
def test_what_cannot_be_a_task(options, key):
    """Each thing that cannot stand in a task is refused, and the refusal names the option."""
    with pytest.raises(IntakeError) as caught:
        spec_from_options(options, base=Path("/"), added_by="t")
    assert key in caught.value.problems[0].key
    assert caught.value.code == 2


def test_a_field_written_twice_under_two_names_is_refused():
    """`name` and `title` together are a mistake, not a guess."""
    assert mistakes('[[task]]\ntitle = "a"\nname = "b"\n') == [(3, "name")]


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(
        [
            "title",
            "label",
            "criteria",
            "time",
            "value",
            "limits",
            "effects",
            "start_at",
            "window",
            "cron",
            "zone",
            "grace",
            "repo",
            "paths",
            "depends",
        ]
    ),
    VALUES,
)
def test_no_value_breaks_a_field(field, value):
    """Any JSON value in any field gives a task that can be written down, or an IntakeError."""
    line = msgspec.json.encode({"title": "x", field: value} if field != "title" else {field: value}).decode(
        errors="replace"
    )
    try:
        (spec,) = read(line, "jsonl")
    except IntakeError:
        return
    assert msgspec.json.decode(msgspec.json.encode(spec), type=Spec) == spec


KEY = "ghp_" + "a1B2c3D4e5" * 4


def test_a_secret_is_refused_with_its_line() -> None:
    """A task file with a key in it is not taken in, and the complaint names file, line and field, not the key."""
    text = f'[[task]]\ntitle = "one"\n\n[[task]]\ntitle = "two"\ncommand = "deploy --token={KEY}"\n'
    with pytest.raises(IntakeError, match=r"tasks.toml:6: command: holds a token, .* take it out") as caught:
        parse_tasks(text, "toml", "tasks.toml", base=Path("/"))
    assert KEY not in str(caught.value)


def test_a_label_that_is_made_from_a_title_names_nobody() -> None:
    """The label stands everywhere, so what the title says of people is left out of it."""
    scrubber = Scrubber(PrivacySettings(people=("Ada Lovelace",)))
    options = {"name": "Mail Ada Lovelace at ada@example.org"}
    spec = spec_from_options(options, base=Path("/"), added_by="t", scrubber=scrubber)
    assert (spec.label, spec.title) == ("mail-name-at-mail", "Mail Ada Lovelace at ada@example.org")
    with pytest.raises(IntakeError, match="--label: holds a name"):
        spec_from_options({**options, "label": "ada-lovelace"}, base=Path("/"), added_by="t", scrubber=scrubber)
