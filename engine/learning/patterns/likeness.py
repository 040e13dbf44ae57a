"""What makes two tasks alike, whatever day they are about."""

import re
from functools import lru_cache

from state.model.record import Noun
from state.model.task import Spec

_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec|january|february|march|april|june|july|august"
_MONTHS += "|september|october|november|december"
_DATED = re.compile(rf"\b(?:{_MONTHS})\b\.?[ ,_-]*(?=\d)|(?<=\d)[ ._-]*\b(?:{_MONTHS})\b")
_NUMBERED = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b|v?\d+(?:[.:/_-]\d+)*(?:st|nd|rd|th)?")
_APART = re.compile(r"[\W_]+")
_ENDS = re.compile(r"[\s#(\[,:;@_-]+$")
_EMPTY = re.compile(r"\(\s*\)|\[\s*\]")


class Likeness(Noun, frozen=True, kw_only=True):
    """What some tasks have in common; what is empty does not matter to it."""

    kind: str
    """`task`: the same work. `category` and `source`: any of that category in that repository, or from there.
    `answers`: no tasks, but the operator's answers."""
    category: str = ""
    repo: str = ""
    title: str = ""
    """Without case, dates, numbers and punctuation."""
    source: str = ""

    def said(self) -> str:
        """Return it in words, as what a sentence is about."""
        if self.kind == "answers":
            return "answers to questions"
        if self.kind == "source":
            return f"tasks from {self.source}"
        where = f" in {self.repo.rstrip('/').rpartition('/')[2]}" if self.repo else ""
        what = f"a task like “{self.title}”" if self.kind == "task" else f"a {self.category} task"
        return f"{what}{where}"


ANSWERS = Likeness(kind="answers")


@lru_cache(maxsize=1 << 16)
def bare(text: str) -> str:
    """Return a text without case, dates, numbers, hashes and punctuation; empty where nothing else is in it."""
    return _APART.sub(" ", _NUMBERED.sub(" ", _DATED.sub(" ", text.lower()))).strip()


def stem(title: str) -> str:
    """Return a title without what dates and numbers it, as people would write it; itself where nothing is left."""
    # Lower case is needed to see a month, and does not change where it stands.
    low = title.lower()
    cut = [(found.start(), found.end()) for found in _DATED.finditer(low if len(low) == len(title) else title)]
    kept = title
    for start, end in reversed(cut):
        kept = kept[:start] + kept[end:]
    kept = _EMPTY.sub("", _NUMBERED.sub("", kept))
    kept = _ENDS.sub("", " ".join(kept.split()))
    return kept if bare(kept) else title


def of_task(spec: Spec) -> Likeness:
    """Return what a task shares with those that do the same work."""
    title = bare(spec.title) or bare(spec.label) or spec.label
    return Likeness(kind="task", category=spec.category.value, repo=spec.repo, title=title)
