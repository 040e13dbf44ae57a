"""The periodic checks that HEARTBEAT.md lists in the operator's words."""

import re
import shlex
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import NamedTuple

from engine.signals.commands import against
from engine.signals.frequency import HELP, Frequency, latest, parse
from state.model.record import Noun
from state.model.signals.heartbeat import Heartbeat
from state.text import one_line

FILE = "HEARTBEAT.md"
_MOST = 50
_NAME = 80
_WIDTH = 300
_HEADING = re.compile(r"##(?!#)")
_FENCE = re.compile(r"\s*(?:```|~~~)")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_BULLET = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s*)?")
# One space, not several: nothing in a line may be taken in more ways than one, however long the line is.
_RUN = re.compile(r"run:\s*`?midwatch ([^`]*)`?", re.IGNORECASE)
_SPAN = re.compile(r"`midwatch ([^`]+)`")


class Check(Noun, frozen=True, kw_only=True):
    """One heading with what stands under it."""

    name: str
    line: int
    often: str
    """How often, as it is written."""
    frequency: Frequency
    commands: tuple[tuple[str, ...], ...] = ()
    """Command lines, without the word midwatch."""
    words: tuple[str, ...] = ()
    """Lines that are no command."""


class Trouble(Noun, frozen=True, kw_only=True):
    """What cannot be understood, and on which line."""

    line: int
    text: str

    def __str__(self) -> str:
        """Return it as an operator reads it."""
        return f"{FILE}:{self.line}: {self.text}"


class Page(Noun, frozen=True, kw_only=True):
    """All that the file says."""

    checks: tuple[Check, ...] = ()
    troubles: tuple[Trouble, ...] = ()


class Due(NamedTuple):
    """A check whose turn has come, and the slot that it came with."""

    check: Check
    slot: datetime


class _Part(NamedTuple):
    heading: str
    line: int
    body: list[tuple[int, str]]


def read(text: str) -> Page:
    """Return the checks of a file, and what in it cannot be understood; the rest of it counts all the same."""
    checks: dict[str, Check] = {}
    troubles: list[Trouble] = []
    for part in _parts(text):
        try:
            check = _check(part, troubles)
            if check.name in checks:
                raise ValueError(f"{check.name} stands on line {checks[check.name].line} already: give it another name")
            if len(checks) == _MOST:
                raise ValueError(f"there are more than {_MOST} checks: this one and the rest do not count")
        except ValueError as error:
            troubles.append(Trouble(line=part.line, text=one_line(str(error), _WIDTH)))
        else:
            checks[check.name] = check
    return Page(checks=tuple(checks.values()), troubles=tuple(sorted(troubles, key=lambda trouble: trouble.line)))


def due(page: Page, beat: Heartbeat, now: datetime, zone: tzinfo) -> Iterator[Due]:
    """Yield what is to be done now: each check whose last slot nobody has taken, however many were missed before."""
    for check in page.checks:
        slot = latest(check.frequency, now, zone)
        done = beat.of(check.name)
        if done is None or done.slot < slot:
            yield Due(check, slot)


def _parts(text: str) -> Iterator[_Part]:
    """Yield the headings of the second level, each with its body; what stands in code is no heading."""
    part: _Part | None = None
    fenced = False
    # What is commented out keeps its lines, so that those after it keep their numbers.
    text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    for number, line in enumerate(text.split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
            continue
        if not fenced and _HEADING.match(line):
            if part:
                yield part
            part = _Part(line[2:].rstrip("# \t\r").strip(), number, [])
        elif not fenced and re.match(r"#\s", line):
            if part:
                yield part
            part = None
        elif part and line.strip():
            part.body.append((number, line))
    if part:
        yield part


def _check(part: _Part, troubles: list[Trouble]) -> Check:
    """Return a heading's check; a command that is not run from here is told of, and the rest counts."""
    name, bracket, often = part.heading.rpartition("(")
    name = one_line(name, _NAME)
    if not name or not bracket or not often.endswith(")"):
        raise ValueError(f"{part.heading or 'this heading'} says not how often: end it with one of ({HELP})")
    commands: list[tuple[str, ...]] = []
    words: list[str] = []
    refused = False
    for number, line in part.body:
        lines = _commands(line)
        if not lines and (said := one_line(_BULLET.sub("", f"{line} ", count=1), _WIDTH)):
            words.append(said)
        for command in lines:
            try:
                split = tuple(shlex.split(command))
                if trouble := against(split):
                    raise ValueError(trouble)
            except ValueError as error:
                refused = True
                troubles.append(Trouble(line=number, text=one_line(str(error), _WIDTH)))
            else:
                commands.append(split)
    if not commands and not words and not refused:
        raise ValueError(f"{name} says not what to do: write it below, or a line `- run: midwatch status`")
    return Check(
        name=name,
        line=part.line,
        often=one_line(often[:-1], _NAME),
        frequency=parse(often[:-1]),
        commands=tuple(commands),
        words=tuple(words),
    )


def _commands(line: str) -> list[str]:
    whole = _RUN.fullmatch(_BULLET.sub("", line, count=1).strip())
    return [whole[1]] if whole else _SPAN.findall(line)
