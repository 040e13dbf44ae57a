"""Which command lines a check of HEARTBEAT.md may run: those that look and tell, and those that make restore points."""

from collections.abc import Mapping, Sequence

_ALL: frozenset[str] = frozenset()

ALLOWED: Mapping[str, frozenset[str]] = {
    "anomalies": _ALL,
    "audit": frozenset({"list", "search", "show", "verify", "publish"}),
    "breaker": frozenset({"list"}),
    "context": frozenset({"detect", "summary", "upcoming"}),
    "diff": _ALL,
    "doctor": _ALL,
    "email": frozenset({"scan", "list"}),
    "health": _ALL,
    "improve": frozenset({"suggest", "stats"}),
    "kpis": _ALL,
    "logs": _ALL,
    "next": _ALL,
    "overnight": frozenset({"report", "brief", "is-overnight"}),
    "patterns": frozenset({"predict", "suggest", "list", "stats", "check"}),
    "problems": frozenset({"scan", "list", "metrics"}),
    "queue": _ALL,
    "report": frozenset({"nightly"}),
    "schedules": frozenset({"", "next", "why"}),
    "signals": _ALL,
    "simulate": _ALL,
    "snapshot": frozenset({"create", "list", "rehearse"}),
    "stats": _ALL,
    "status": _ALL,
    "telemetry": _ALL,
    "weekend": frozenset({"suggest", "progress", "summary"}),
    "why": _ALL,
}
"""Each verb with those of its parts that may be run, an empty one for the verb by itself; none named is all of it."""

_ELSEWHERE = "--workspace"
_ENDLESS = ("-f", "--follow")


def against(words: Sequence[str]) -> str:
    """Return why a command line, without the word midwatch, is not run from a check; empty where it is."""
    told = f"`midwatch {' '.join(words[:2])}`"
    if not words or words[0] not in ALLOWED:
        return f"{told} is not run from here: only what looks and tells is, such as {', '.join(sorted(ALLOWED)[:3])}"
    parts = ALLOWED[words[0]]
    # What follows an option may be a part of the verb's as well, so that one by itself takes nothing but options.
    alone = "" in parts and all(word.startswith("-") for word in words[1:])
    if parts and not alone and (len(words) < 2 or not words[1] or words[1] not in parts):
        return f"{told} is not run from here: of {words[0]} only {', '.join(sorted(filter(None, parts)))}"
    if any(word.startswith(_ELSEWHERE) for word in words):
        return f"{told} {_ELSEWHERE} is not run from here: a check is about the workspace that it stands in"
    if any(word in _ENDLESS for word in words):
        return f"{told} {_ENDLESS[1]} is not run from here: it would never end"
    return ""
