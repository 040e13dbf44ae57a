"""Reads the file of a roll-out: what other rules say, and how it is to go."""

import tomllib
from pathlib import Path
from typing import Any

from state import units
from state.model.brakes.rollout import Overrides, Promote
from state.model.command import StartRollout
from state.settings.problems import Problem, SettingsError


def _margin(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ValueError(f"expected a share between 0 and 1, such as 0.1, not {units.said(value)}")
    return float(value)


_ROLLOUT = {
    "name": units.TEXT,
    "promote": units.choice(Promote),
    "samples": units.count(1),
    "margin": units.Kind(_margin, str),
}
_APPROVAL = {"budget_over": units.MONEY, "self_starting": units.TEXTS}


def read_rollout(path: Path, why: str = "") -> StartRollout:
    """Return the order to begin it. Raises SettingsError with every mistake, by file, line and key."""
    problems: list[Problem] = []
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else f"not TOML: {error}"
        raise SettingsError((Problem(file=str(path), line=1, key="", text=f"cannot be read: {told}"),)) from error

    def note(key: str, said: str) -> None:
        last = key.rpartition(".")[2]
        lines = [number for number, line in enumerate(text.splitlines(), 1) if last in line.partition("=")[0]]
        problems.append(Problem(file=str(path), line=lines[0] if lines else 1, key=key, text=said))

    def section(name: str, kinds: dict[str, units.Kind]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        table = data.pop(name, {})
        if not isinstance(table, dict):
            note(name, f"expected a section [{name}]")
            return found
        for key, value in table.items():
            if key not in kinds:
                note(f"{name}.{key}", f"no such setting: there are {', '.join(kinds)}")
                continue
            try:
                found[key] = kinds[key].read(value)
            except ValueError as error:
                note(f"{name}.{key}", str(error))
        return found

    how, what = section("rollout", _ROLLOUT), section("approval", _APPROVAL)
    for name in data:
        note(name, "no such section: there are rollout, approval")
    if problems:
        raise SettingsError(tuple(sorted(problems, key=lambda problem: problem.line)))
    return StartRollout(overrides=Overrides(**what), why=why, **{"name": path.stem, **how})
