"""Whether a task says what is wanted, well enough that a stranger could tell when it is done."""

import re
from itertools import islice

from state.model.task import Spec
from state.model.verdict import Finding, Stance

RULE = "clarity"

MIN_WORDS = 3
"""A description with fewer words says too little."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EMPTY_WORDS = _words(
    """
    better best clean clear complete completed correct correctly done expected fast faster fine finished fixed good
    great implemented improved nice ok okay perfect perfectly properly ready right stable success successful
    successfully well work worked working works
    """
)
"""Words that promise something without saying what."""

FILLERS = _words(
    """
    a all also and any are as be been code everything feature fully get gets has have i in is it its job just like look
    looks make makes more must need needs no nothing now of on or please project really should so stuff task that the
    them they thing things this to up very want wanted way we will with you
    """
)
"""Words that add nothing to a promise."""

PLACEHOLDERS = frozenset(
    {"", "tbd", "todo", "tba", "fixme", "xxx", "n/a", "na", "none", "later", "to be decided", "to be done"}
)
"""Criteria that say only that nobody has written them yet."""

# Scripts that put no spaces between words (Thai, kana, Han, Hangul syllables) count a character as a word.
_WORD = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]|[^\W_]+")


def says_nothing(text: str) -> bool:
    """Whether a text holds no word that could be checked, such as `it works` or `everything is better`."""
    return all((word := match[0].lower()) in EMPTY_WORDS or word in FILLERS for match in _WORD.finditer(text))


def is_placeholder(text: str) -> bool:
    """Whether a text only keeps a place for one that is still to be written."""
    return text.strip(" .…?!-_:[]()\t\n").lower() in PLACEHOLDERS


def check(spec: Spec) -> Finding:
    """Hold a task whose description or criteria do not say what done is; all that is missing is told."""
    lacks = [text for text in (_description(spec.description), _criteria(spec.criteria)) if text]
    if lacks:
        return Finding(rule=RULE, verdict=Stance.HOLD, text="; ".join(lacks))
    return Finding(rule=RULE, verdict=Stance.ALLOW, text="says what is wanted and when it is done")


def _description(text: str) -> str:
    words = sum(1 for _ in islice(_WORD.finditer(text), MIN_WORDS))
    if words == 0:
        return "no description"
    if words < MIN_WORDS:
        return f"the description has fewer than {MIN_WORDS} words"
    if says_nothing(text) or is_placeholder(text):
        return "the description does not say what is wanted"
    return ""


def _criteria(criteria: tuple[str, ...]) -> str:
    if not criteria:
        return "no completion criteria"
    for criterion in criteria:
        if is_placeholder(criterion):
            return f'the criterion "{_short(criterion)}" is still to be written'
    if all(map(says_nothing, criteria)):
        return f'no criterion says what done is ("{_short(criteria[0])}" can be said of anything)'
    return ""


def _short(text: str, width: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"
