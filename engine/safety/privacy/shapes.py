"""What mail addresses, keys and names look like, as expressions that are matched in linear time."""

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from state.errors import MidwatchError

SHORTEST = 6
"""Characters of a secret value that is looked for: shorter ones stand in harmless words too."""
LONGEST = 500
"""Characters of one of the operator's own patterns."""
_MOST_BYTES = 1 << 20
"""Memory that one of them may take when it is compiled."""


class Shape(NamedTuple):
    """One way in which something shows itself. Its pattern has one group: what is taken out."""

    kind: str
    """What stands in its place, in square brackets."""
    pattern: str
    mixed: bool = False
    """Whether it counts only where it has digits as well as letters."""
    whole: bool = False
    """Whether it counts only where it begins and ends with a word."""

    def counts(self, value: str, before: str, after: str) -> bool:
        """Whether what the pattern fits is what it is meant for, by what no expression can say of it and around it."""
        if self.kind == "mail":
            return not _NO_MAIL.match(value)
        if self.whole:
            return not (before.isalnum() or after.isalnum())
        return not self.mixed or (any(c.isdigit() for c in value) and any(c.isalpha() for c in value))


class BadPattern(MidwatchError):
    """A pattern that cannot be used; its text says why."""


PLACEHOLDER = r"\[(?:mail|phone|token|name|private|secret [^\[\]\n]+|erased)(?: \d+)?\]"
"""What is taken for done already, so that scrubbing twice changes nothing."""

# Issuers give their keys a prefix, so that they can be found. Hashes and ids of ours have none of these.
_ISSUED = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}",
    r"gh[pousr]_[A-Za-z0-9]{30,}",
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{20,}",
    r"sk-(?:ant|proj|or|svcacct|admin)-[A-Za-z0-9_-]{20,}",
    r"sk-[A-Za-z0-9_-]*[A-Za-z0-9_]{16}[A-Za-z0-9_-]*",
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,}",
    r"whsec_[A-Za-z0-9+/=]{24,}",
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}",
    r"xapp-\d-[A-Za-z0-9-]{20,}",
    r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?",
    r"npm_[A-Za-z0-9]{30,}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
    r"AIza[A-Za-z0-9_-]{35}",
    r"ya29\.[A-Za-z0-9_-]{20,}",
    r"hv[sbr]\.[A-Za-z0-9_-]{20,}",
    r"hf_[A-Za-z0-9]{30,}",
    r"do[opr]_v1_[a-f0-9]{64}",
    r"dckr_pat_[A-Za-z0-9_-]{20,}",
    r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
    r"sq0(?:csp|atp)-[A-Za-z0-9_-]{22,}",
    r"\d{8,10}:AA[A-Za-z0-9_-]{33}",
    r"AGE-SECRET-KEY-1[A-Z0-9]{58}",
)
_BEGUN = (
    r"AKIA|ASIA|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|sk-|[srp]k_(?:live|test)_|xox[a-z]-|eyJ|npm_|pypi-|AIza"
    r"|hv[sbr]\.|hf_"
)
_NAMED_SO = r"[\w-]*(?:token|secret|api[_-]?key|access[_-]?key|credential|auth[_-]?key)"

QUOTE = r"[\"']"
"""Either quote; a line of JSON is looked through with another expression in its place."""
_SET = r"(?::=|=>|=|:)"

_PEM = r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----|\z)"
_VALUE = r"(?:[A-Za-z0-9+/._~-]{16,}={0,2}|[A-Za-z0-9+/._~-]{4,}…)"
_NAMED_PW = rf"(?i:pass(?:word|wd|phrase)|pwd){QUOTE}?(?:=|\s{{0,3}}:\s{{0,3}}{QUOTE})"

TOKENS = (
    Shape("token", f"({_PEM})"),
    Shape("token", r"://([^/\s:@\"']*:[^/\s@\"']+)@"),
    Shape("token", rf"\b({'|'.join(_ISSUED)})"),
    # What was cut before it came here is known by its beginning.
    Shape("token", rf"\b((?:{_BEGUN})[A-Za-z0-9_.-]*…)"),
    Shape("token", rf"{_NAMED_PW}([^\s\"',;\[/~$][^\s\"',;\[]{{3,}})"),
    # Who names a value so means it: a key that no issuer marked is known by that alone, if it looks like one at all.
    Shape("token", rf"(?i:{_NAMED_SO}){QUOTE}?\s{{0,3}}{_SET}\s{{0,3}}{QUOTE}?({_VALUE})", mixed=True),
    Shape("token", rf"(?i:\b(?:bearer|basic))\s{{1,3}}({_VALUE})", mixed=True),
)
# Letters of every script, and ASCII's: spelled out by what they are not, which compiles to far less.
_LETTER, _LETTER_OR_DIGIT = r"[^\x00-@\[-\x60{-\x7f]", r"[^\x00-,./:-@\[-\x60{-\x7f]"
MAIL = Shape(
    "mail", rf"([^\x00-\x20\"'(),/:;<=>@\[\]|]{{1,64}}@(?:(?:{_LETTER_OR_DIGIT}{{1,63}}\.)+{_LETTER}{{2,}}|[^\s…]*…))"
)

# What has an @ and is no address of a person: remote repositories, versions, sizes of pictures, units of the system.
_NO_MAIL = re.compile(
    r"(?:git|hg|svn|no-?reply)@|[^@]*@(?:v?\d+\.\d|\d+x\.|.*\.(?:service|socket|slice|scope|timer|mount|target)$)",
    re.IGNORECASE,
)

_BETWEEN = r"[\s._-]{1,3}"


def known(name: str, value: str) -> Shape:
    """Return the shape of a secret value, whole or cut short."""
    return Shape(f"secret {name}", rf"({quoted(value)}|{quoted(value[:SHORTEST])}\S*…)")


def names(people: Iterable[str]) -> tuple[Shape, ...]:
    """Return the shapes of people's names: in either order and case, also joined by dots, dashes or underscores."""
    return tuple(Shape("name", f"({words(name)})", whole=True) for name in people if name.split())


def words(name: str, between: str = _BETWEEN) -> str:
    """Return the expression of a name, in all the ways in which it may be written; it has no group."""
    ways = []
    for form in dict.fromkeys(unicodedata.normalize(how, name.strip()) for how in ("NFC", "NFD")):
        parts = [quoted(part) for part in form.split()]
        ways.append(between.join(parts))
        if len(parts) > 1:
            ways.append(parts[-1] + r",?" + between + between.join(parts[:-1]))
    return f"(?i:{'|'.join(ways)})"


def own(patterns: Iterable[str]) -> tuple[Shape, ...]:
    """Return the shapes of the operator's patterns; raises BadPattern."""
    for pattern in patterns:
        check(pattern)
    return tuple(Shape("private", f"((?:{pattern}))") for pattern in patterns)


def check(pattern: str) -> None:
    """Refuse what cannot be matched in linear time and bounded memory; raises BadPattern."""
    import re2  # nothing else of a verb that only reads needs it

    if len(pattern) > LONGEST:
        raise BadPattern(f"{len(pattern)} characters are too many for one pattern: at most {LONGEST}")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MOST_BYTES
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        text = error.args[0].decode(errors="replace") if error.args else "it is not understood"
        raise BadPattern(f"{pattern!r} is no expression of RE2: {text}") from None
    if compiled.groups:
        raise BadPattern(f"{pattern!r} has a group that is remembered: write (?:...) in place of (...)")
    if compiled.search("") is not None:
        raise BadPattern(f"{pattern!r} fits nothing at all, so it would fit everywhere: make it ask for something")


def quoted(text: str) -> str:
    """Return a text as an expression that fits it alone."""
    return "".join(c if c.isalnum() or not c.isascii() else f"\\{c}" for c in text)
