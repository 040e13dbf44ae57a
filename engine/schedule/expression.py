"""Reads a cron expression, or says in which column it is wrong."""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

from state.errors import MidwatchError
from state.model.when.schedule import Seconds

LONGEST = 256
"""Characters of an expression. The parser's time grows with the length, up to minutes for what no person writes."""


class CronError(MidwatchError):
    """An expression that is refused; `column` counts from 1, and `hint` says what to write instead."""

    code = 2

    def __init__(self, expression: str, column: int, problem: str, hint: str = "") -> None:
        shown = expression if len(expression) <= LONGEST else expression[:60] + "..."
        super().__init__(f"{shown!r}: column {column}: {problem}" + (f": {hint}" if hint else ""))
        self.column = column
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression. In each mask bit n stands for the value n; a weekday of 0 is Sunday."""

    text: str
    """Five or six fields, in the order in which the parser reads them."""
    seconds_first: bool
    seconds: int
    minutes: int
    hours: int
    days: int
    months: int
    weekdays: int
    both: bool
    """Whether the day of the month and the weekday must both fit; otherwise one of them is enough."""
    follows_clock: bool
    """Whether a field of the time of day begins with `*`: it then fires whenever the clock on the wall shows it."""
    plain: bool
    """Whether the masks say everything; `L`, `W` and `#` depend on the month."""


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    first: int = 0
    """The value of the first name."""


_SECOND = _Field("seconds", 0, 59)
_DAY = _Field("days of the month", 1, 31)
_WEEKDAY = _Field("weekdays", 0, 7, ("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FIVE = (_Field("minutes", 0, 59), _Field("hours", 0, 23), _DAY, _Field("months", 1, 12, _MONTHS, 1), _WEEKDAY)

_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_STRANGE = {
    "?": "`?` is not used here: write *",
    "r": "`R` would be another time after each start: use the setting jitter, which stays the same",
    "h": "`H` is not used here: use the setting jitter, which gives each schedule its own moment",
}
_NUMBER = re.compile(r"[0-9]{1,4}")
_WORD = re.compile(r"[^ \t]+")


def read(expression: str, seconds: Seconds) -> tuple[Cron, int]:
    """Return an expression as it is meant, and the column in which its day of the month begins.

    Raises CronError for what cannot be read, or is read differently by different programs.
    """
    if len(expression) > LONGEST:
        raise CronError(expression, LONGEST + 1, f"longer than {LONGEST} characters", "split it into several schedules")
    words = [(found[0].lower(), found.start() + 1) for found in _WORD.finditer(_aliased(expression))]
    fields = _fields(expression, words, seconds)
    try:
        said = _said(expression, fields, words)
    except CronError as error:
        if len(words) == 6 and seconds is Seconds.FIRST and _readable(words, Seconds.LAST):
            hint = 'the seconds come first here; where they stand last, say seconds = "last" (--seconds last)'
            raise CronError(expression, error.column, error.problem, hint) from None
        raise
    day = 3 if fields[0] is _SECOND else 2
    _refuse_ambiguous(expression, words[day], words[day + 2])
    return _made(expression, said, fields[0] is _SECOND), words[day][1]


def _aliased(expression: str) -> str:
    name = expression.strip(" \t").lower()
    if not name.startswith("@"):
        return expression
    if name in _ALIASES:
        return _ALIASES[name]
    column = expression.index("@") + 1
    if name.startswith("@every"):
        raise CronError(
            expression, column, "there is no @every", "write a step, such as */5 * * * * for every 5 minutes"
        )
    raise CronError(expression, column, f"there is no {name}", f"there are {', '.join(_ALIASES)}")


def _fields(expression: str, words: list[tuple[str, int]], seconds: Seconds) -> tuple[_Field, ...]:
    if words and "tz=" in words[0][0]:
        raise CronError(expression, words[0][1], "the zone is a setting of its own", 'write zone = "..." (--zone)')
    if len(words) == 5:
        return _FIVE
    if len(words) == 6:
        return (_SECOND, *_FIVE) if seconds is Seconds.FIRST else (*_FIVE, _SECOND)
    column = words[6][1] if len(words) > 6 else max(len(expression.rstrip(" \t")), 1)
    hint = "write minute, hour, day of the month, month and weekday, with seconds before them if need be"
    raise CronError(expression, column, f"{len(words)} fields, and there are five or six", hint)


def _said(expression: str, fields: tuple[_Field, ...], words: list[tuple[str, int]]) -> list[str]:
    return [
        _Reader(expression, field, word, column).read() for field, (word, column) in zip(fields, words, strict=True)
    ]


def _readable(words: list[tuple[str, int]], seconds: Seconds) -> bool:
    try:
        _said("", _fields("", words, seconds), words)
    except CronError:
        return False
    return True


def _refuse_ambiguous(expression: str, day: tuple[str, int], weekday: tuple[str, int]) -> None:
    """Refuse the combinations that every program reads in its own way."""
    hint = "make a schedule of each"
    if _special(weekday[0]) and not all(_special(item) for item in weekday[0].split(",")):
        raise CronError(expression, weekday[1], "plain weekdays cannot stand beside those with # or L", hint)
    if _special(weekday[0]) and day[0] != "*":
        raise CronError(expression, day[1], "a day of the month cannot stand beside a weekday with # or L", hint)
    if "w" in day[0] and weekday[0] != "*":
        raise CronError(expression, weekday[1], "a weekday cannot stand beside a day with W", hint)


def _special(weekday: str) -> bool:
    """Whether a weekday is one of a certain week of the month."""
    return bool(set("#l") & set(weekday))


class _Reader:
    """Reads one field, item by item, and knows the column that it is in."""

    def __init__(self, expression: str, field: _Field, word: str, column: int) -> None:
        self._expression = expression
        self._field = field
        self._word = word
        self._column = column

    def read(self) -> str:
        """Return the field as the parser writes it."""
        items = []
        for item in self._word.split(","):
            items.append(self._item(item))
            self._column += len(item) + 1
        return ",".join(items)

    def _refusal(self, problem: str, hint: str = "", *, at: int = 0) -> CronError:
        return CronError(self._expression, self._column + at, problem, hint)

    def _item(self, item: str) -> str:
        if item[:1] in _STRANGE:
            raise self._refusal(_STRANGE[item[0]])
        if not item:
            raise self._refusal("nothing stands between the commas")
        base, slash, step = item.partition("/")
        if slash:
            self._step(step, len(base) + 1)
        if base == "*":
            return item
        if self._field is _DAY and not slash and self._day(base):
            return base
        if self._field is _WEEKDAY and not slash and (special := self._weekday(base)):
            return special
        low, dash, high = base.partition("-")
        start = self._value(low, 0)
        if dash:
            self._range(base, start, self._value(high, len(low) + 1))
        elif slash and self._field is _WEEKDAY and start == 7:
            raise self._refusal("a step from 7 is read differently by different programs", "write 0 for Sunday")
        return item

    def _value(self, text: str, at: int) -> int:
        field = self._field
        if text in field.names:
            return field.names.index(text) + field.first
        if _NUMBER.fullmatch(text):
            number = int(text)
            if field.low <= number <= field.high:
                return number
            raise self._refusal(f"{field.name} go from {field.low} to {field.high}, and this says {number}", at=at)
        names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
        hint = f"write {text[:3]}" if text[:3] in field.names else f"write {field.low} to {field.high}{names}"
        problem = f"{text!r} does not belong to {field.name}" if text else "a value is missing"
        raise self._refusal(problem, hint, at=at)

    def _range(self, base: str, low: int, high: int) -> None:
        if low == high:
            raise self._refusal(
                f"{base} begins where it ends", f"write {base.partition('-')[0]} for that alone, or * for all"
            )
        if low < high:
            return
        field = self._field
        if field is _WEEKDAY and high == 0:
            hint = f"write {low}-7, where 7 is Sunday"
        else:
            hint = f"write {low}-{6 if field is _WEEKDAY else field.high},{field.low}-{high}"
        raise self._refusal(f"{base} runs backwards", hint)

    def _step(self, text: str, at: int) -> None:
        if not _NUMBER.fullmatch(text):
            raise self._refusal(
                f"{text!r} is not a step" if text else "the step is missing", "write a number, such as */5", at=at
            )
        if int(text) == 0:
            raise self._refusal("a step of 0 goes nowhere", "write 1 or more", at=at)
        if int(text) > self._field.high:
            most = self._field.high
            raise self._refusal(f"a step of {int(text)} leaves this field, whose last value is {most}", at=at)

    def _day(self, text: str) -> bool:
        """Whether this is the last day of the month, or the working day nearest to one; these cannot be in a list."""
        number = text.strip("w")
        if text != "l" and not (text.endswith("w") and _NUMBER.fullmatch(number)):
            return False
        if text != "l":
            self._value(number, 0)
            if "," in self._word:
                raise self._refusal("W cannot stand in a list", "make a schedule of each")
        return True

    def _weekday(self, text: str) -> str:
        """Return a weekday of a certain week of the month as the parser writes it; empty when this is none."""
        day, mark, week = text.partition("#")
        if mark:
            self._value(day, 0)
            if week not in ("1", "2", "3", "4", "5"):
                raise self._refusal(
                    f"{week!r} is not a week of a month", "write 1 to 5, or L for the last", at=len(day) + 1
                )
            return text
        if len(text) > 1 and (text[0] == "l" or text[-1] == "l") and text not in self._field.names:
            day = text[1:] if text[0] == "l" else text[:-1]
            return f"l{self._value(day, int(text[0] == 'l')) % 7}"
        return ""


def _made(expression: str, said: list[str], seconds_first: bool) -> Cron:
    """Return the parsed form of what every field says."""
    from croniter import CroniterError, croniter  # takes longer to import than most commands take

    text = " ".join(said)
    try:
        sets, _ = croniter.expand(text, second_at_beginning=seconds_first)
    except CroniterError as error:
        raise CronError(expression, 1, str(error)) from error
    masks = [_mask(values, field) for values, field in zip(sets, (*_FIVE, _SECOND), strict=False)]
    seconds, fields = (said[0], said[1:]) if seconds_first else (said[5] if len(said) == 6 else "0", said)
    minute, hour, day, _, weekday = fields[:5]
    return Cron(
        text=text,
        seconds_first=seconds_first,
        seconds=masks[5] if len(masks) == 6 else 1,
        minutes=masks[0],
        hours=masks[1],
        days=masks[2],
        months=masks[3],
        weekdays=masks[4],
        both=day.startswith("*") or weekday.startswith("*"),
        follows_clock=any(field.startswith("*") for field in (seconds, minute, hour)),
        plain=not _special(weekday) and not set("lw") & set(day),
    )


def _mask(values: list[Any], field: _Field) -> int:
    high = 6 if field is _WEEKDAY else field.high
    if values == ["*"]:
        values = list(range(field.low, high + 1))
    return sum(1 << value for value in values if isinstance(value, int))
