"""Intake: what an operator wrote about tasks, checked and turned into specs."""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from pathlib import Path
from typing import Any

from engine.intake.fields import FIELDS, READERS, SPLIT_AT_COMMAS, field_name, hint, limits, moment, repository, slug
from engine.intake.files import FORMATS, Item, Problem, read_items
from engine.safety.privacy import vault
from engine.safety.privacy.scrubber import Scrubber
from state.errors import MidwatchError
from state.model.task import Spec


class IntakeError(MidwatchError):
    """What was written about tasks cannot be taken in; `problems` names every mistake, and nothing was added."""

    code = 2

    def __init__(self, problems: Sequence[Problem], source: str) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(_placed(problem, source) for problem in self.problems))


def _placed(problem: Problem, source: str) -> str:
    place = f"{source}:{problem.line}" if problem.line else source
    return ": ".join(part for part in (place, problem.key, problem.text) if part)


def parse_tasks(
    text: str,
    form: str,
    source_name: str,
    *,
    base: Path,
    added_by: str = "",
    zone: tzinfo | None = None,
    scrubber: Scrubber | None = None,
) -> tuple[Spec, ...]:
    """Return the tasks of a file, all or none. `form` is `toml` or `jsonl`; `base` is where relative repositories
    start; `zone` is that of times without an offset, the machine's where it is None; `scrubber` knows what no task may
    hold. Raises IntakeError with every mistake and its line.
    """
    scrubber = scrubber or Scrubber()
    if form not in FORMATS:
        raise ValueError(f"no format {form}")
    items, problems = read_items(text, form)
    specs: list[Spec] = []
    taken: dict[str, int] = {}
    for item in items:
        try:
            spec = _spec(item, base, added_by or source_name, {}, zone, scrubber)
        except IntakeError as error:
            problems.extend(error.problems)
            continue
        if spec.label in taken:
            told = f"{spec.label} is the task on line {taken[spec.label]} already: give one of them another label"
            problems.append(Problem(line=item.line_of("label"), key="label", text=told))
        taken.setdefault(spec.label, item.line)
        specs.append(spec)
    if not items and not problems:
        example = "[[task]] with a title" if form == "toml" else '{"title": "..."}'
        problems.append(Problem(line=1, key="", text=f"no task in it: write {example}"))
    if problems:
        raise IntakeError(problems, source_name)
    return tuple(specs)


def spec_from_options(
    options: Mapping[str, object],
    *,
    base: Path,
    added_by: str,
    zone: tzinfo | None = None,
    scrubber: Scrubber | None = None,
) -> Spec:
    """Return the task that command line options describe. Keys are option names without their dashes; lists may hold
    several names in one element, split at commas. Raises IntakeError that names the options.
    """
    fields: dict[str, object] = {}
    keys: dict[str, str] = {}
    for option, value in options.items():
        if value is None or value == ():
            continue
        field = field_name(option)
        keys[field] = f"--{option.replace('_', '-')}"
        if isinstance(value, (list, tuple)):
            whole = [str(part) for part in value]
            fields[field] = [part for text in whole for part in text.split(",")] if field in SPLIT_AT_COMMAS else whole
        else:
            fields[field] = value
    return _spec(Item(line=0, fields=fields), base, added_by, keys, zone, scrubber or Scrubber())


def _spec(
    item: Item, base: Path, added_by: str, keys: Mapping[str, str], zone: tzinfo | None, scrubber: Scrubber
) -> Spec:
    reading = _Reading(item, base, keys, zone, scrubber)
    for key, value in item.fields.items():
        reading.take(key, value)
    reading.complete()
    if reading.problems:
        raise IntakeError(reading.problems, "")
    return Spec(**reading.values, source=added_by)


class _Reading:
    """One task being read: what it gave so far, under which key, and every mistake."""

    def __init__(
        self, item: Item, base: Path, keys: Mapping[str, str], zone: tzinfo | None, scrubber: Scrubber
    ) -> None:
        self._scrubber = scrubber
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self._item = item
        self._base = base
        self._zone = zone
        self._keys = keys
        self._written: dict[str, str] = {}

    def take(self, key: str, value: object) -> None:
        """Read one field."""
        field = field_name(key)
        if field in self._written:
            self._wrong(key, f"means the same as {self._written[field]}: keep one")
            return
        self._written[field] = key
        try:
            if field == "repo":
                self.values[field] = repository(value, self._base)
            elif field == "start_at":
                self.values[field] = moment(value, self._zone)
            elif field == "limits":
                self.values[field] = limits(
                    value, lambda part, text: self._wrong(f"{key}.{part}" if part else key, text)
                )
            elif field in READERS:
                self.values[field] = READERS[field](value)
            else:
                self._wrong(key, f"unknown{hint(field, FIELDS)}")
        except ValueError as error:
            self._wrong(key, str(error))

    def complete(self) -> None:
        """Make the label where none was given, and check the fields against one another."""
        values, written = self.values, self._written
        if "title" not in written:
            self._wrong("title", "is missing: say in a few words what is wanted")
        if "title" in values and "label" not in written:
            values["label"] = slug(vault.without_people(values["title"], self._scrubber))
            if not values["label"]:
                self._wrong("label", "cannot be made from this title: give one, such as faster-start")
        for field, found in vault.unfit(values, self._scrubber):
            self._wrong(written.get(field, field), found)
        if values.get("label") in values.get("depends", ()):
            self._wrong(written["depends"], f"{values['label']} cannot depend on itself")
        for field in ("branch", "paths"):
            if values.get(field) and "repo" not in written:
                self._wrong(written[field], "means nothing without a repository: give repo as well")

    def _wrong(self, key: str, text: str) -> None:
        field = field_name(key.partition(".")[0])
        self.problems.append(Problem(line=self._item.line_of(key), key=self._keys.get(field, key), text=text))
