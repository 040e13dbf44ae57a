"""Task files: TOML or JSON lines, read into plain values that know their line."""

import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import PurePath

from state.model.record import Noun

FORMATS = ("toml", "jsonl")
"""How a task file may be written."""

_FORMAT_OF_SUFFIX = {".toml": "toml", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl"}
_TABLE = re.compile(r"""^\s*\[\[\s*["']?task["']?\s*\]\]""")
_SUBTABLE = re.compile(r"""^\s*\[\s*["']?task["']?\s*\.\s*["']?([A-Za-z0-9_-]+)["']?\s*\]""")
_OTHER_TABLE = re.compile(r"^\s*\[")
_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_-]+))\s*(?:\.\s*([A-Za-z0-9_-]+)\s*)?=""")
_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


class Problem(Noun, frozen=True, kw_only=True):
    """One mistake in what was given: the line (0 for options), the field and what to do about it."""

    line: int
    key: str
    text: str


@dataclass
class Item:
    """One task as it was written: its fields, and the lines they stand on."""

    line: int
    fields: dict[str, object] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        """The line of a field; that of the task where the field's own is not known."""
        return self.lines.get(key) or self.lines.get(key.partition(".")[0], self.line)


def format_of(name: str) -> str | None:
    """`toml` or `jsonl` by a file's name; None when the name does not tell."""
    return _FORMAT_OF_SUFFIX.get(PurePath(name).suffix.lower())


def read_items(text: str, form: str) -> tuple[list[Item], list[Problem]]:
    """Return the tasks of a file as written, with what could not be read. `form` is one of FORMATS."""
    return _read_toml(text) if form == "toml" else _read_lines(text)


def _read_lines(text: str) -> tuple[list[Item], list[Problem]]:
    items: list[Item] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line, object_pairs_hook=_without_twins)
        except json.JSONDecodeError as error:
            message = f"not a JSON object ({error.msg} at column {error.colno}): write one task a line"
            problems.append(Problem(line=number, key="", text=message))
        except ValueError as error:
            problems.append(Problem(line=number, key="", text=str(error)))
        else:
            if isinstance(value, dict):
                items.append(Item(line=number, fields=value))
            else:
                message = 'not a JSON object: write one task a line, such as {"title": "..."}'
                problems.append(Problem(line=number, key="", text=message))
    return items, problems


def _without_twins(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key} is given twice: keep one")
        found[key] = value
    return found


def _read_toml(text: str) -> tuple[list[Item], list[Problem]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = _TOML_PLACE.search(message)
        line = int(place.group(1)) if place and place.group(1) else text.rstrip().count("\n") + 1
        return [], [Problem(line=line, key="", text=f"not TOML: {_TOML_PLACE.sub('', message)}")]
    places = _toml_places(text)
    top = places[0]
    problems = [
        Problem(line=top.line_of(key), key=key, text="unknown here: describe each task under its own [[task]]")
        for key in document
        if key != "task"
    ]
    tables = document.get("task", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        problems.append(Problem(line=top.line_of("task"), key="task", text="write [[task]] with two brackets"))
        return [], problems
    located = places[1:] if len(places) == len(tables) + 1 else [Item(line=top.line_of("task")) for _ in tables]
    for item, table in zip(located, tables, strict=True):
        item.fields = table
    return located, problems


def _toml_places(text: str) -> list[Item]:
    """Find the line of each task and key in valid TOML; the first item stands for what precedes the first task."""
    items = [Item(line=1)]
    prefix = ""
    quote = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not quote:
            if _TABLE.match(line):
                items.append(Item(line=number))
                prefix = ""
            elif table := _SUBTABLE.match(line):
                items[-1].lines.setdefault(table.group(1), number)
                prefix = f"{table.group(1)}."
            elif key := _KEY.match(line):
                _note_key(items[-1], prefix, key, number)
            elif (other := _OTHER_TABLE.match(line)) and not line.lstrip().startswith(("[[", '["', "['")):
                name = line[other.end() :].split("]")[0].strip()
                items[0].lines.setdefault(name, number)
        quote = _open_quote(line, quote)
    return items


def _note_key(item: Item, prefix: str, key: re.Match[str], number: int) -> None:
    name = prefix + (key.group(1) or key.group(2) or key.group(3))
    item.lines.setdefault(name, number)
    if key.group(4):
        item.lines.setdefault(f"{name}.{key.group(4)}", number)


def _open_quote(line: str, quote: str) -> str:
    """Return the triple quote that is open after the line, given the one that was open before it."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return quote
            position = end + 3
            quote = ""
            continue
        starts = [(line.find(mark, position), mark) for mark in ('"""', "'''")]
        found = [(start, mark) for start, mark in starts if start >= 0]
        if not found:
            return ""
        start, quote = min(found)
        position = start + 3
    return quote
