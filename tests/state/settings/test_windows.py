"""Windows, contexts and holidays in the settings."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from state.model.task import Priority
from state.model.when.context import Context
from state.model.when.window import Exceptional, Window
from state.settings import Settings, SettingsError, context_rules, load
from state.settings.windows import BUILT_IN


def read(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "midwatch.toml"
    path.write_text(text)
    return load(path)


def test_without_a_word_on_windows_there_are_none(tmp_path: Path) -> None:
    """A workspace that names no window is open at any time."""
    assert read(tmp_path, "").windows == {}
    assert read(tmp_path, "[windows]\ndefaults = false").windows == {}


def test_the_built_in_windows_are_those_of_a_usual_week() -> None:
    """Each with its days, times and the length of the tasks that it is for."""
    told = {
        name: (window.days, window.start_min / 60, window.end_min / 60, window.longest_s, window.context)
        for name, window in BUILT_IN.items()
    }
    week, weekend = (0, 1, 2, 3, 4), (5, 6)
    assert told == {
        "quick_win": (week, 19, 23, 7200, Context.AVAILABLE),
        "overnight": ((*week, *weekend), 23, 7, 21600, Context.SLEEPING),
        "work": (week, 9, 17, 28800, Context.WORKING),
        "weekend": (weekend, 0, 24, 43200, Context.WEEKEND),
        "off_hours": ((*week, *weekend), 22, 6, 28800, Context.SLEEPING),
    }
    assert [name for name, window in BUILT_IN.items() if window.lowest is Priority.HIGH] == ["work"]


def test_all_of_them_or_only_those_that_are_named(tmp_path: Path) -> None:
    """Naming one begins with what is built in of that name, `defaults` takes all, and `enabled` takes one away."""
    only = read(tmp_path, '[windows.overnight]\nto = "05:00"').windows
    assert only == {"overnight": msgspec.structs.replace(BUILT_IN["overnight"], end_min=300)}
    some = read(tmp_path, "[windows]\ndefaults = true\n[windows.work]\nenabled = false").windows
    assert some == {name: window for name, window in BUILT_IN.items() if name != "work"}
    own = read(tmp_path, '[windows]\ndefaults = true\n[windows.nap]\nfrom = "13:00"\nto = "13:30"').windows
    assert own == {**BUILT_IN, "nap": Window(name="nap", start_min=780, end_min=810)}


def test_contexts_allow_what_the_file_says_and_else_what_is_usual(tmp_path: Path) -> None:
    """At work half of the slots, in a meeting none, and else all, unless the file says differently."""
    rules = context_rules(read(tmp_path, "[contexts.gym]\nslots = 4\n[contexts.sleeping]\nintensity = 25"))
    assert {context: rule.of(8) for context, rule in rules.items()} == {
        Context.AVAILABLE: 8,
        Context.WORKING: 4,
        Context.SLEEPING: 2,
        Context.AWAY: 8,
        Context.GYM: 4,
        Context.MEETING: 0,
        Context.WEEKEND: 8,
    }


def test_holidays(tmp_path: Path) -> None:
    """A date counts as another day, is off, or has other times for one window."""
    text = '[windows]\ndefaults = true\n[holidays]\n2026-12-25 = "sun"\n2026-12-26 = { work = "off" }'
    day = date(2026, 12, 26)
    assert read(tmp_path, text).holidays == {
        date(2026, 12, 25): Exceptional(day=date(2026, 12, 25), counts_as=6),
        day: Exceptional(day=day, hours={"work": None}),
    }


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("[windows.nap]\npriority = 1", 1, "windows.nap", "from and to must be set"),
        ('[windows."a b"]\nfrom = "1:00"\nto = "2:00"', 1, "windows.a b", "a name is made of"),
        ('[windows.work]\nfrom = "9"', 2, "windows.work.from", "expected a time of day"),
        ('[windows.work]\ndays = "fun"', 2, "windows.work.days", "'fun' is not a day"),
        ('[windows.work]\nfrm = "9:00"', 2, "windows.work.frm", "did you mean from?"),
        ("[windows]\nwork = 3", 2, "windows.work", "no such setting: there are defaults"),
        ("[windows]\ndefaults = 1", 2, "windows.defaults", "expected true or false"),
        ("windows = 1", 1, "windows", "expected a section"),
        ("[contexts.gim]\nslots = 1", 1, "contexts.gim", "no such context: did you mean gym?"),
        ("[contexts.gym]\nintensity = 101", 2, "contexts.gym.intensity", "a share from 0 to 100"),
        ("[contexts]\ngym = 1", 2, "contexts.gym", "expected a section"),
        ("[holidays]\nchristmas = 'off'", 2, "holidays.christmas", "write it as 2026-12-25"),
        ("[holidays]\n2026-12-25 = 'of'", 2, "holidays.2026-12-25", "expected"),
        (
            "[holidays]\n2026-12-25 = { wrk = 'off' }\n[windows.work]",
            2,
            "holidays.2026-12-25.wrk",
            "did you mean work?",
        ),
        ("[holidays]\n2026-12-25 = { work = 'off' }", 2, "holidays.2026-12-25.work", "no such window: there are none"),
        (
            "[windows.work]\n[holidays]\n2026-12-25.work = 'on'",
            3,
            "holidays.2026-12-25.work",
            'expected "off" or times',
        ),
    ],
)
def test_mistakes_are_told_with_line_and_key(tmp_path: Path, text: str, line: int, key: str, words: str) -> None:
    """Each names what is wrong and what can stand there."""
    with pytest.raises(SettingsError) as failed:
        read(tmp_path, text)
    (problem,) = failed.value.problems
    assert (problem.line, problem.key) == (line, key)
    assert words in problem.text
