"""How far a build says it is: progress lines, ticked boxes and commits, read as plain text."""

import re
from collections.abc import Sequence

from engine.work.counts import usage
from state.text import clean, one_line

LINE_BYTES = 4096
"""Longer lines are cut."""
STEP_WIDTH = 200
"""Longer steps and subjects are cut; in characters."""
MAX_COMMITS = 100
"""Only the latest are told."""

_MARK = b"::progress"
_PROGRESS = re.compile(r"\s*::progress\s+([+-]?[0-9]{1,9})(?:\.[0-9]*)?%?(?:\s+(.*))?")
_LINE_END = re.compile(rb"[\r\n]")
_BOX = re.compile(r"\s*(?:[-*+]|[0-9]+[.)])\s+\[([ xX])\]\s+(.*)")
_NUMBERED = re.compile(r"^[0-9]+[.):]\s+")
_EMPHASIS = re.compile(r"[*_`~]")
_REFLOG = re.compile(r"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]*\t(.*)")
_MADE = re.compile(r"(?:commit(?: \([a-z]+\))?|cherry-pick|revert): (.*)")


class ProgressReader:
    """Finds lines such as `::progress 40 writing tests` in output that comes in pieces; the latest one counts.

    Of lines such as `::usage calls=3 usd=0.12` and `::usage model=NAME in=900 out=40` each counts.
    """

    def __init__(self) -> None:
        self.percent: int | None = None
        """0 to 100; None before the first line."""
        self.step = ""
        self.used = usage.Tally()
        self._begun = b""

    def feed(self, data: bytes) -> None:
        """Read the next bytes of the output, cut anywhere."""
        data = self._begun + data
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        self._begun = data[end : end + LINE_BYTES]
        if _MARK in data[:end] or usage.MARK in data[:end]:
            for line in _LINE_END.split(data[:end]):
                self._read(line[:LINE_BYTES])

    def _read(self, line: bytes) -> None:
        used = usage.read(clean(line.decode(errors="replace"))) if usage.MARK in line else None
        if used is not None:
            self.used.add(used)
        found = _PROGRESS.fullmatch(clean(line.decode(errors="replace"))) if _MARK in line else None
        if found:
            self.percent = min(max(int(found[1]), 0), 100)
            self.step = one_line(found[2] or "", STEP_WIDTH) or self.step


def criteria_ticked(text: str, criteria: Sequence[str]) -> tuple[bool, ...]:
    """Return, for each criterion, whether a box of that text is ticked in a PROGRESS.md; the last such box counts.

    A box belongs to the criterion that it repeats, whatever its case, emphasis or number, and may say more after it.
    """
    wanted = [_plain(criterion) for criterion in criteria]
    ticked = [False] * len(wanted)
    for line in text.splitlines():
        box = _BOX.match(line)
        if box is None:
            continue
        said = _plain(box[2])
        matching = [at for at, criterion in enumerate(wanted) if criterion and _repeats(said, criterion)]
        if matching:
            ticked[max(matching, key=lambda at: len(wanted[at]))] = box[1] != " "
    return tuple(ticked)


def commits_from_reflog(reflog: bytes) -> tuple[str, ...]:
    """Return the subjects of the commits that a `.git/logs/HEAD` tells of, oldest first, without those taken back."""
    made: list[tuple[str, str]] = []
    base = ""
    for line in reflog.decode(errors="replace").split("\n"):
        entry = _REFLOG.fullmatch(line)
        if entry is None:
            continue
        old, new, action = entry.groups()
        commit = _MADE.fullmatch(action)
        if commit:
            base = base or old
            if action.startswith("commit (amend)") and made:
                made.pop()
            made.append((new, one_line(commit[1], STEP_WIDTH)))
        elif new == base:
            made.clear()
        else:
            at = next((at for at, (sha, _) in enumerate(made) if sha == new), None)
            if at is not None:
                del made[at + 1 :]
    return tuple(subject for _, subject in made[-MAX_COMMITS:])


def overall(percent: int | None, ticked: Sequence[bool]) -> int:
    """Return how far a build is, 0 to 100: the further of what its lines say and of the share of ticked criteria."""
    share = 100 * sum(ticked) // len(ticked) if ticked else 0
    return max(percent or 0, share)


def _plain(text: str) -> str:
    text = _NUMBERED.sub("", clean(text).strip(), count=1)
    return " ".join(_EMPHASIS.sub("", text).split()).rstrip(" .;:").casefold()


def _repeats(said: str, criterion: str) -> bool:
    return said == criterion or (said.startswith(criterion) and not said[len(criterion)].isalnum())
