"""Tests of engine.intake.files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.intake.files import format_of
from engine.intake.tasks import IntakeError
from state.model.task import Spec
from tests.engine.intake.reading import mistakes, read


def test_mistakes_in_json_lines_are_named_with_their_line():
    """A line that is no object, has a key twice or a wrong field is named by its number."""
    twice = '{"title": "c", "title": "d"}'
    text = f'{{"title": "a b"}}\n{{"title": \n[1]\n\n{twice}\n{{"title": "e", "hours": true}}\n{{"title": "a b"}}'
    assert mistakes(text, "jsonl") == [(2, ""), (3, ""), (5, ""), (6, "hours"), (7, "label")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[[task]]\ntitle = 'a\n", 2),
        ("[[task]]\ntitle = 'a'\ntitle = 'b'\n", 3),
        ("task = 3\n", 1),
        ("\n[task]\ntitle = 'a'\n", 2),
        ("\n[tasks]\n", 2),
        ("", 1),
        ("[[task]]\ntitle = '''a", 2),
    ],
)
def test_a_file_that_is_not_tasks_says_where(text, line):
    """Broken TOML, and TOML that holds no [[task]], are refused with a line."""
    assert mistakes(text)[0][0] == line


def test_inline_tables_are_read():
    """Tasks in an inline array are tasks, and a mistake in them points at the array."""
    assert read('task = [{title = "a"}, {title = "b"}]')[1].label == "b"
    assert mistakes('\ntask = [{title = "a", hours = -1}]') == [(2, "hours")]


def read_or_refuse(text: str, form: str) -> tuple[Spec, ...] | IntakeError:
    try:
        return read(text, form)
    except IntakeError as error:
        return error


@given(st.text(), st.sampled_from(["toml", "jsonl"]))
def test_no_text_breaks_the_reader(text, form):
    """Any text at all gives tasks or an IntakeError that names lines, never another failure."""
    found = read_or_refuse(text, form)
    if isinstance(found, IntakeError):
        assert all(1 <= problem.line <= text.count("\n") + 1 for problem in found.problems)
    else:
        assert found


def test_a_files_name_tells_its_format():
    """The ending decides how a file is read, in any case of letters; other names do not tell."""
    names = ("a.toml", "b.JSONL", "c.ndjson", "d.json", "e.txt", "-")
    assert [format_of(name) for name in names] == ["toml", "jsonl", "jsonl", "jsonl", None, None]
