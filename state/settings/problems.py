"""Mistakes in a settings file, each with its file, line and key."""

from state.errors import MidwatchError
from state.model.record import Noun


class Problem(Noun, frozen=True, kw_only=True):
    """One mistake in a settings file."""

    file: str
    line: int
    key: str
    """Dotted; empty where the file is not TOML at all."""
    text: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.text}" if self.key else f"{where}: {self.text}"


class SettingsError(MidwatchError):
    """A settings file with mistakes; `problems` has all of them and the text a line for each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
