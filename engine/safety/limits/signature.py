"""The signature of a failure: what stays the same in its words when it happens again."""

import re

_WIDTH = 160
_MOST = 16_384
"""Characters that are looked at: what is longer says what it says in its last lines."""

_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_SPECIFIC = re.compile(
    r"\berror\b[\s:!\[]|\b(?:fatal|panic|assert\w*|killed|denied|refused|timed out|out of memory|no such|cannot|"
    r"not found|conflict|undefined reference)\b|^(?:E  |FAILED |npm ERR! )|^\w*(?:Error|Exception)\b|"
    r"\b\w+(?:Error|Exception):",
    re.IGNORECASE,
)
_SUMMARY = re.compile(
    r"^(?:make(?:\[\d+\])?: \*\*\*|npm ERR! (?:A complete log|errno|path|command|\s)|collect2:|compilation terminated|"
    r"error: could not compile|error: aborting due to|.*\bwaiting for other jobs|=+ .* =+$|!+ .* !+$)"
)
"""Lines that look like an error and only say that there was one above."""
_HEAD = re.compile(r"^(exit code \d+|verify failed|failed \d+ times; the last time): ")

# The first alternative that fits at a place decides, so what is kept comes before what is taken out.
_VARIES = re.compile(
    r"""
      (?P<keep>exit\ (?:code|status)\ \d+ | signal\ \d+ | \b[A-Z]{1,5}\d{3,5}\b | utf-(?:8|16|32) | x86_64 | \bsha\d+\b)
    | (?P<url>[a-z][a-z0-9+.]{1,15}://[^\s'"<>]+)
    | (?P<id>\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b)
    | (?P<time>\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:Z|\ ?[+-]\d\d:?\d\d)?)?
             | \b\d{1,2}:\d\d(?::\d\d)(?:[.,]\d+)?)
    | (?P<path>(?<![\w.:])(?:~|\.{1,2})?/[\w.@+%~-]+(?:/[\w.@+%~-]*)*(?::\d+){0,2}
             | (?<![\w.:/])[\w.@+-]+(?:/[\w.@+-]+)+(?::\d+){0,2}
             | \b[\w+-]+\.(?:py|c|cc|cpp|h|hpp|rs|go|jsx?|tsx?|java|rb|sh|toml|json|ya?ml|md|txt|lock)\b(?::\d+){0,2})
    | (?P<hex>\b0x[0-9a-fA-F]+\b | \b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b)
    | (?P<random>\btmp[\w-]{4,}\b | \b(?=\w*\d[A-Za-z]+\d)\w{6,}\b)
    | (?P<number>[-+]?\d+(?:[.,_]\d+)*%?)
    """,
    re.VERBOSE,
)
_MARKS = {
    "url": "<url>", "id": "<id>", "time": "<time>", "path": "<path>", "hex": "<hex>", "random": "<id>", "number": "#",
}  # fmt: skip


def signature(text: str) -> str:
    """Return the line of a failure's words that tells most, without what differs each time; empty for no words.

    Numbers, hexadecimals, paths, times, addresses and ids are taken out. Exit codes and the codes of compilers stay.
    """
    head, said = _split(_ESCAPE.sub("", text[-_MOST:]))
    told = head + _line(said)
    plain = _VARIES.sub(lambda found: found[0] if found.lastgroup == "keep" else _MARKS[str(found.lastgroup)], told)
    return " ".join(plain.split())[:_WIDTH]


def _split(text: str) -> tuple[str, str]:
    """Part what the engine says of a failure from what the build said."""
    found = _HEAD.match(text)
    if found is None:
        return "", text
    if found[1].startswith("failed"):
        return _split(text[found.end() :])
    return found[0], text[found.end() :]


def _line(text: str) -> str:
    """The line that names the error: the last one of a traceback, the first error of a compiler, else the last line."""
    lines = [line.strip() for line in text.splitlines() if any(map(str.isalnum, line))]
    if not lines:
        return ""
    telling = [line for line in lines if not _SUMMARY.match(line)] or lines
    if any(line.startswith("Traceback (most recent call last)") for line in telling):
        return telling[-1]
    return next((line for line in telling if _SPECIFIC.search(line)), telling[-1])
