"""Whether a task names a danger, as a declared effect or in its own words."""

import re
import unicodedata
from typing import NamedTuple

from state.model.task import Effect, Spec
from state.model.verdict import Finding, Stance

RULE = "risk"

EFFECTS = {
    Effect.PRODUCTION: "touches production (always needs approval)",
    Effect.EXTERNAL: "reaches people or services outside (always needs approval)",
    Effect.FINANCIAL: "moves money (always needs approval)",
    Effect.ACCESS: "grants or revokes access (always needs approval)",
    Effect.ARCHITECTURE: "changes the architecture (always needs approval)",
    Effect.DESTRUCTIVE: "may destroy something (never starts by itself)",
    Effect.SENSITIVE_DATA: "handles sensitive data (never starts by itself)",
}
"""What each declared effect means to the operator; every one of them asks."""


class Phrase(NamedTuple):
    """Words that name a danger. Any match contains `anchor`, a cheap first look."""

    anchor: str
    pattern: re.Pattern[str]
    danger: str


def _phrase(anchor: str, words: str, danger: str) -> Phrase:
    # `~` stands for a gap between words (spaces, hyphens, underscores), `…` for up to three words in between.
    pattern = words.replace("…", r"(?:~[^\s_\-]+){0,3}?~").replace("~", r"[\s_\-]+")
    return Phrase(anchor, re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])"), danger)


PHRASES = (
    _phrase("drop", r"drop(?:s|ped|ping)?…(?:table|database|schema)s?", "destructive"),
    _phrase("truncat", r"truncat(?:e|es|ed|ing)…(?:table|database)s?", "destructive"),
    _phrase("push", r"force~push(?:es|ed|ing)?|push(?:es|ed|ing)?…force", "destructive"),
    _phrase("wip", r"wip(?:e|es|ed|ing)", "destructive"),
    _phrase("delet", r"delet(?:e|es|ed|ing)~(?:all|every|everything)", "destructive"),
    _phrase("eras", r"eras(?:e|es|ed|ing)~(?:all|every|everything)", "destructive"),
    _phrase("destroy", r"destroy(?:s|ed|ing)?", "destructive"),
    _phrase("rm", r"rm~(?:rf|fr|r)", "destructive"),
    _phrase("production", r"production", "like production"),
    _phrase("deploy", r"deploy(?:s|ed|ing|ment)?…to", "like production"),
    _phrase("mail", r"send(?:s|ing)?…e-?mails?", "external"),
    _phrase("mail", r"e-?mail(?:s|ing)?~(?:all|every|our|the)~(?:clients?|customers?|subscribers?|users?)", "external"),
    _phrase("tweet", r"tweet(?:s|ed|ing)?", "external"),
    _phrase("post", r"post(?:s|ed|ing)?…to", "external"),
    _phrase("purchas", r"purchas(?:e|es|ed|ing)", "like spending money"),
    _phrase("buy", r"buy(?:s|ing)?", "like spending money"),
    _phrase("credential", r"credentials?", "like sensitive data"),
    _phrase("password", r"passwords?", "like sensitive data"),
    _phrase("key", r"(?:api|private|secret)[\s_\-]?keys?", "like sensitive data"),
    _phrase("access", r"(?:grant(?:s|ed|ing)?|revok(?:e|es|ed|ing))…access", "like a change of access"),
)
"""The whole list, small on purpose: each match asks the operator, so a wrong one costs one key press."""


def risky_words(spec: Spec) -> tuple[tuple[str, str], ...]:
    """Return each risky phrase as it was written, folded to small letters, with what it sounds like."""
    text = "\n".join((spec.title, spec.description, *spec.criteria))
    if not text.isascii():
        # Look-alike forms and invisible characters must not hide a word.
        text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    text = text.lower()
    return tuple(
        (" ".join(found[0].split()), phrase.danger)
        for phrase in PHRASES
        if phrase.anchor in text and (found := phrase.pattern.search(text))
    )


def check(spec: Spec) -> tuple[Finding, ...]:
    """Ask for each declared effect and for risky words in title, description or criteria.

    The command is not read: the sandbox bounds what it can do, and no word list could.
    """
    findings = [
        Finding(rule=RULE, verdict=Stance.ASK, text=EFFECTS.get(effect, f"has the effect {effect}"))
        for effect in dict.fromkeys(spec.effects)
    ]
    findings += [
        Finding(rule=RULE, verdict=Stance.ASK, text=f'says "{quote}", which sounds {danger}')
        for quote, danger in risky_words(spec)
    ]
    if not findings:
        findings.append(Finding(rule=RULE, verdict=Stance.ALLOW, text="names no danger"))
    return tuple(findings)
